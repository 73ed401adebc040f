"""How requests arrive: by a name of ours, and within their time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from uvicorn import Config
from uvicorn.server import ServerState

from config.settings import Settings
from tests.clinic import UNIT, Clinic
from tests.waiting import TIMEOUT_S
from tests.web.conftest import CALLED, Rest, services_of
from tests.web.pages.conftest import browser_of, session, sign_in
from utskick.web import patient_protocol
from utskick.web.patient_protocol import PatientProtocol

_HURRIED_S = 0.05


@pytest.mark.parametrize(
    "host",
    ["evil.example", "utskick.evil.example", "utskick@evil.example", "utskick.", "", "x:80"],
)
@pytest.mark.parametrize("path", ["/", "/logga-in", "/api/paketutskick", "/api/", "/static/"])
async def test_by_another_name_nothing_is_answered(rest: Rest, host: str, path: str) -> None:
    answer = await rest.get(path, headers={"Host": host})

    assert (answer.status_code, answer.text) == (421, "Unknown host")
    assert "location" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "host", ["utskick", "UTSKICK:8000", "127.0.0.1:8000", "localhost", "[::1]:8000"]
)
async def test_by_our_own_names_all_is_answered(rest: Rest, host: str) -> None:
    assert (await rest.get("/api/paketutskick", headers={"Host": host})).status_code == 200


async def test_the_health_is_answered_to_whatever_asks(rest: Rest) -> None:
    assert (await rest.get("/health", headers={"Host": "10.0.0.7"})).status_code == 200


@pytest.mark.parametrize("path", ["/logga-in/", "/paketutskick/", "/api/paketutskick/", "/static"])
async def test_no_redirect_repeats_the_name_that_we_are_called_by(rest: Rest, path: str) -> None:
    assert (await rest.get(path)).status_code in (404, 401)


PROMISED = {
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "cache-control",
}


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/health", {}),
        ("GET", "/static/utskick.css", {}),
        ("GET", "/openapi.json", {}),
        ("GET", "/finns-inte", {}),
        ("PATCH", "/logga-in", {}),
        ("GET", "/api/paketutskick", {"Authorization": "Bearer nobodys"}),
        ("GET", "/", {"Host": "evil.example"}),
        ("POST", "/api/uppfoljning", {"Content-Length": "9000000"}),
    ],
)
async def test_every_answer_has_the_headers_that_protect(
    rest: Rest, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = await rest.request(method, path, headers=headers)

    assert set(answer.headers) >= PROMISED
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


async def answered(app: FastAPI, *, sent: list[bytes], headers: dict[str, str]) -> dict[str, Any]:
    """What is answered to a body of which the rest never comes."""
    messages = [{"type": "http.request", "body": each, "more_body": True} for each in sent]
    begun: dict[str, Any] = {}

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        begun.update(message if message["type"] == "http.response.start" else {})

    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/formularlank" if "cookie" in headers else "/api/uppfoljning",
        "raw_path": b"",
        "query_string": b"",
        "headers": [(b"host", b"utskick.test"), *given],
        "client": ("127.0.0.1", 1),
        "server": ("utskick.test", 443),
        "scheme": "https",
        "http_version": "1.1",
    }
    await app(scope, receive, send)  # type: ignore[arg-type]  # plain dictionaries
    return begun


@pytest.fixture
def hurried(app: FastAPI, clinic: Clinic) -> FastAPI:
    """Bodies are given up at once."""
    web = CALLED.model_copy(update={"body_silence_s": 0.01})
    app.state.services = services_of(clinic, settings=Settings(_env_file=None, web=web))
    return app


@pytest.mark.parametrize("sent", [[], [b'{"sent_from":']])
async def test_a_body_that_never_comes_is_not_waited_for(
    hurried: FastAPI, rest: Rest, sent: list[bytes]
) -> None:
    headers = {"authorization": rest.headers["authorization"], "content-type": "application/json"}

    begun = await answered(hurried, sent=sent, headers=headers)

    assert begun["status"] == 408
    assert (b"connection", b"close") in begun["headers"]


async def test_a_form_that_never_comes_to_its_end_is_not_waited_for(
    hurried: FastAPI, clinic: Clinic
) -> None:
    async with browser_of(hurried, clinic) as browser:
        sign_in(browser, session(UNIT))
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        headers = {"cookie": cookies, "content-type": "application/x-www-form-urlencoded"}

        begun = await answered(hurried, sent=[b"form=PHQ"], headers=headers)

    assert begun["status"] == 408


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch, app: FastAPI) -> AsyncIterator[int]:
    """Of a server that waits for heads but for a moment."""
    monkeypatch.setattr(patient_protocol, "HEAD_TIMEOUT_S", _HURRIED_S)
    config = Config(app, log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: PatientProtocol(config, state, {}), "127.0.0.1", 0
    )
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HT", b"GET /health HTTP/1.1\r\nHost: utskick\r\nX-Slow: "],
    ids=["nothing", "a half line", "a half head"],
)
async def test_half_a_head_holds_no_connection(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)

    assert await asyncio.wait_for(reader.read(), TIMEOUT_S) == b""
    writer.close()


async def test_a_whole_head_is_answered_and_half_of_the_next_is_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_protocol, "HEAD_TIMEOUT_S", TIMEOUT_S)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health HTTP/1.1\r\nHost: utskick\r\n\r\n")
    first = await asyncio.wait_for(reader.readuntil(b'{"status":"ok"}'), TIMEOUT_S)

    monkeypatch.setattr(patient_protocol, "HEAD_TIMEOUT_S", _HURRIED_S)
    writer.write(b"GET /health HTT")

    assert first.startswith(b"HTTP/1.1 200")
    assert await asyncio.wait_for(reader.read(), TIMEOUT_S) == b""
    writer.close()

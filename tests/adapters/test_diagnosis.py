"""Why a neighbour could not be asked: in words that say whose it is to mend."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.adapters.answering import CANARY, answering, find, served_by, templates
from tests.adapters.scripted_relay import relay
from tests.calling import a_client
from tests.certificates import a_certificate, server_side
from utskick.adapters.diagnosis import PLATFORM, explained
from utskick.adapters.probes import any_answer, provider_keys
from utskick.adapters.smtp_relay import Login, SmtpRelay
from utskick.adapters.tls import FreshContext, TlsFiles
from utskick.domain.connections import Explained, Trouble
from utskick.domain.starting import RefusedToStart
from utskick.ports import PlatformRefusal, TemporaryFailure
from utskick.rivta.envelopes import fault
from utskick.rivta.faults import NEVER_FORWARDED, platform_text

NOWHERE = "https://nowhere.invalid"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("theirs", "ours", "stranger"):
        a_certificate(folder / f"{name}.pem")
    a_certificate(folder / "ended.pem", lasts=-timedelta(hours=1))
    return folder


@asynccontextmanager
async def closing(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that hears a call to its head's end, and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


async def why(url: str, tls: ssl.SSLContext | None = None) -> Explained:
    with pytest.raises(TemporaryFailure) as failed:
        await find(a_client(url, tls=tls, connect_timeout_s=5, read_timeout_s=5))
    return explained(failed.value)


def trusting(files: Path, authority: str, ours: str = "") -> FreshContext:
    certificate = files / f"{ours}.pem" if ours else None
    named = TlsFiles(authorities=files / f"{authority}.pem", certificate=certificate)
    return FreshContext(named, of="UTSKICK_PLATFORM")


@pytest.mark.parametrize(
    ("shows", "authority", "host", "words"),
    [
        ("theirs", "stranger", "127.0.0.1", "of an authority that we do not trust"),
        ("ended", "ended", "127.0.0.1", "its certificate has expired"),
        ("theirs", "theirs", "localhost", "its certificate is for another name"),
    ],
)
async def test_what_is_wrong_with_their_certificate(
    files: Path, shows: str, authority: str, host: str, words: str
) -> None:
    async with closing(server_side(files / f"{shows}.pem")) as port:
        said = await why(f"https://{host}:{port}", trusting(files, authority))

    assert (said.trouble, words in said.words) == (Trouble.CERTIFICATE, True)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("ours", ["", "stranger"])
async def test_that_they_refuse_ours_is_said_with_either_tls(
    files: Path, ours: str, version: ssl.TLSVersion
) -> None:
    context = server_side(files / "theirs.pem", asks_for=files / "ours.pem")
    context.maximum_version = version
    async with closing(context) as port:
        said = await why(f"https://127.0.0.1:{port}", trusting(files, "theirs", ours))

    assert said.trouble is Trouble.CERTIFICATE
    assert "refuses our certificate" in said.words or "refused looks so" in said.remedy


async def test_a_name_that_nobody_knows_is_an_address() -> None:
    said = await why(NOWHERE)

    assert (said.trouble, said.words) == (Trouble.ADDRESS, "its name cannot be looked up (DNS)")


async def test_a_port_where_nobody_is_is_an_address() -> None:
    async with closing() as port:
        pass

    said = await why(f"http://127.0.0.1:{port}")

    assert (said.trouble, "(refused)" in said.words) == (Trouble.ADDRESS, True)


async def test_a_port_without_tls_is_an_address(files: Path) -> None:
    async def in_clear(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(in_clear, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        said = await why(f"https://127.0.0.1:{port}", trusting(files, "theirs"))

    assert (said.trouble, said.words) == (Trouble.ADDRESS, "it speaks no TLS at that port")


async def test_whoever_does_not_answer_in_time_is_a_time_out() -> None:
    async def silence(_writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)

    async with served_by(silence, read_timeout_s=0.05) as client:
        with pytest.raises(TemporaryFailure) as failed:
            await templates(client)

    assert explained(failed.value).trouble is Trouble.TIME_OUT


@pytest.mark.parametrize("code", sorted(PLATFORM))
async def test_each_code_of_the_platform_says_what_it_means(code: str) -> None:
    body = fault("Server", platform_text(code, "TEST-PROD", f"about {CANARY.digits}"))

    async with answering(body, status=500) as client:
        with pytest.raises(TemporaryFailure) as failed:
            await find(client)
    said = explained(failed.value)

    assert said.words.startswith(f"{code}: ")
    assert said.trouble is PLATFORM[code].trouble
    assert CANARY.digits not in said.words


def test_no_code_is_forgotten() -> None:
    assert set(PLATFORM) == NEVER_FORWARDED | {"VP009"}
    assert PLATFORM["VP004"].trouble is Trouble.ADDRESS
    assert PLATFORM["VP007"].trouble is Trouble.AGREEMENT
    unheard_of = explained(PlatformRefusal("VP999", contract="GetForms"))
    assert "VP999" in unheard_of.words


@pytest.mark.parametrize(
    ("status", "body", "trouble", "words"),
    [
        (200, b"<html>191212121212</html>", Trouble.ANSWER, "no usable answer (GetForms"),
        (404, b"", Trouble.ADDRESS, "nothing at that address"),
        (403, b"", Trouble.CERTIFICATE, "does not let us in"),
        (502, b"", Trouble.ANSWER, "status 502"),
    ],
)
async def test_whoever_speaks_something_else_is_said_to(
    status: int, body: bytes, trouble: Trouble, words: str
) -> None:
    async with answering(body, status=status) as client:
        with pytest.raises(TemporaryFailure) as failed:
            await find(client)
    said = explained(failed.value)

    assert (said.trouble, words in said.words) == (trouble, True)
    assert CANARY.digits not in said.words


async def test_a_door_is_knocked_at_without_asking_of_anybody(files: Path) -> None:
    heard = b""

    async def not_allowed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    context = server_side(files / "theirs.pem", asks_for=files / "ours.pem")
    async with await asyncio.start_server(not_allowed, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        assert await any_answer(url, tls=trusting(files, "theirs", "ours")) == 405
        with pytest.raises(TemporaryFailure) as failed:
            await any_answer(url, tls=trusting(files, "theirs", "stranger"))

    assert heard.startswith(b"GET /x ")
    assert explained(failed.value).trouble is Trouble.CERTIFICATE


async def test_a_provider_that_is_away_is_explained_alike(files: Path) -> None:
    async with closing(server_side(files / "theirs.pem")) as port:
        with pytest.raises(TemporaryFailure) as failed:
            await provider_keys(f"https://127.0.0.1:{port}", tls=trusting(files, "stranger"))

    assert "authority that we do not trust" in explained(failed.value).words


def test_a_relay_is_greeted_and_gets_no_message() -> None:
    with relay(NOOP="250 OK", QUIT="221 bye") as there:
        SmtpRelay(host="127.0.0.1", port=there.port).check()

    assert [command.partition(" ")[0] for command in there.heard] == ["ehlo", "noop", "quit"]


@pytest.mark.parametrize(
    ("says", "trouble"),
    [
        ({"EHLO": "250-relay\r\n250 AUTH PLAIN", "AUTH": "535 no"}, Trouble.LOGIN),
        ({"EHLO": "250 relay"}, Trouble.SETTING),
        ({"GREETING": "554 no"}, Trouble.ANSWER),
    ],
)
def test_a_relay_that_does_not_let_us_in_is_explained(
    says: dict[str, str], trouble: Trouble
) -> None:
    with relay(**says) as there, pytest.raises(TemporaryFailure) as failed:
        SmtpRelay(host="127.0.0.1", port=there.port, login=Login("us", "secret")).check()

    assert explained(failed.value).trouble is trouble


def test_files_of_no_use_are_a_setting() -> None:
    said = explained(RefusedToStart("UTSKICK_PLATFORM__CA_FILE (x) is missing"))

    assert said == Explained(Trouble.SETTING, "UTSKICK_PLATFORM__CA_FILE (x) is missing")

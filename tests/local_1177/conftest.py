import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from tests.local_1177.region import NAFS, UNIT, a_personnummer, write_region
from tests.waiting import TIMEOUT_S, poll
from utskick.local_1177.app import create_app
from utskick.local_1177.contracts import HANDLERS
from utskick.local_1177.platform import LOGICAL_ADDRESSES, SOAP
from utskick.local_1177.serving import ServerTls
from utskick.rivta.contracts import CONTRACTS
from utskick.rivta.envelopes import read_answer, request

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
AS_IT_IS = {
    "name": "LOCAL",
    "in_front": False,
    "waits_s": 29,
    "again_after_s": 2,
    "takes_original_consumer": True,
}
"""The platform, unless a test changes it."""


@contextmanager
def served(app: ASGIApp, *, tls: ServerTls | None = None) -> Iterator[str]:
    """The application on an ephemeral port; gives its address."""
    secured = tls.for_uvicorn() if tls else {}
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, access_log=False, ws="none", **secured)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    poll(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@dataclass
class Local:
    """A running local 1177 and a client for it. `now` is its clock."""

    url: str = ""
    now: datetime = NOON
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=TIMEOUT_S))

    def post(self, path: str, content: Any = None) -> httpx.Response:
        return self.client.post(self.url + path, json=content)

    def ask(self, path: str, content: Any) -> Any:
        response = self.post(path, content)
        assert response.status_code == 200, response.text
        return response.json()

    def control(self, path: str, content: Any = None) -> None:
        response = self.post(f"/control/{path}", content)
        assert response.status_code == 204, response.text

    def put(self, path: str, content: Any) -> None:
        response = self.client.put(f"{self.url}/control/{path}", json=content)
        assert response.status_code == 204, response.text

    def break_down(self, kind: str, **details: Any) -> None:
        self.control("faults", {"service": "forms", "kind": kind, **details})

    def add_person(self, personnummer: str = "", **flags: Any) -> str:
        number = personnummer or a_personnummer()
        self.control("persons", {"personnummer": number, **flags})
        return number

    def send(
        self,
        name: str,
        fields: Mapping[str, object],
        *,
        reference: str = "",
        timeout: float = TIMEOUT_S,
    ) -> httpx.Response:
        """Call a contract, as it wants to be called."""
        contract = CONTRACTS[name]
        address = LOGICAL_ADDRESSES[HANDLERS[name][0]]
        headers = {"Content-Type": SOAP, "SOAPAction": f'"{contract.action}"'}
        if reference:
            headers["x-skltp-correlation-id"] = reference
        return self.client.post(
            self.url + contract.path,
            content=request(contract, fields, logical_address=address),
            headers=headers,
            timeout=timeout,
        )

    def call(self, name: str, fields: Mapping[str, object]) -> Any:
        """What a contract answers. Raises `SoapFault`."""
        return read_answer(CONTRACTS[name], self.send(name, fields).content)

    def create_form(self, personnummer: str, **changes: Any) -> Any:
        return self.call("CreateFormRequest", an_order(personnummer, **changes))

    def create(self, personnummer: str, **changes: Any) -> str:
        responses = self.create_form(personnummer, **changes)["formRequestResponses"]
        return str(responses[0]["formId"])

    def forms_of(self, personnummer: str) -> list[Any]:
        truth = self.ask("/control/truth/person", {"personnummer": personnummer})
        return list(truth["forms"])

    def reset(self) -> None:
        self.now = NOON
        self.client.delete(f"{self.url}/control/faults")
        self.client.delete(f"{self.url}/control/calls")
        self.control("platform", AS_IT_IS)
        self.put("dates", {})
        for name in ("forms", "inbox", "persons"):
            self.control("latency", {"service": name, "seconds": 0})
            self.control("capacity", {"service": name, "concurrency": None})


class Resident:
    """A browser without JavaScript: follows redirects and posts the forms that pages show."""

    def __init__(self, local: Local) -> None:
        self.client = httpx.Client(base_url=local.url, follow_redirects=True, timeout=TIMEOUT_S)
        self.csrf = ""

    def get(self, path: str) -> httpx.Response:
        return self._seen(self.client.get(path))

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self._seen(self.client.post(path, data={"csrf": self.csrf, **fields}))

    def submit(self, page: httpx.Response, path: str, **fields: str) -> httpx.Response:
        """Press a button of a page, whatever other tabs have been shown since."""
        return self._seen(self.client.post(path, data={**hidden_fields(page), **fields}))

    def sign_in(self, ref: int, *, then: str = "/") -> httpx.Response:
        self.get("/")
        return self.post("/logga-in", ref=str(ref), till=then)

    def close(self) -> None:
        self.client.close()

    def _seen(self, page: httpx.Response) -> httpx.Response:
        token = re.search(r'name="csrf" value="([^"]+)"', page.text)
        if token:
            self.csrf = token[1]
        return page


def hidden_fields(page: httpx.Response) -> dict[str, str]:
    """What the forms of a page carry unseen."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in hidden}


@contextmanager
def a_local(folder: Path) -> Iterator[Local]:
    """One with the small region, which keeps everything in the folder."""
    local = Local()
    region = write_region(folder / "region")
    app = create_app(folder / "state.db", region, clock=lambda: local.now)
    with served(app) as local.url, local.client:
        yield local


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with a_local(tmp_path_factory.mktemp("local_1177")) as local:
        yield local


@pytest.fixture
def local(running: Local) -> Local:
    running.reset()
    return running


@pytest.fixture
def resident(local: Local) -> Iterator[Resident]:
    browser = Resident(local)
    yield browser
    browser.close()


@pytest.fixture
def anna(local: Local) -> str:
    """A person with an account; gives her personnummer."""
    return local.add_person(given_name="Anna", surname="Testsson")


@pytest.fixture
def region(tmp_path: Path) -> Path:
    return write_region(tmp_path / "region")


def an_order(personnummer: str, **changes: Any) -> dict[str, Any]:
    order = {
        "expireDate": "20270302",
        "keepUntil": "20270402",
        "healthcare_facility_CareUnit": UNIT,
        "subjectOfCare": personnummer,
        "templateId": NAFS,
    }
    return {"formRequests": [order | changes]}


def ref_of(local: Local, personnummer: str) -> int:
    truth = local.ask("/control/truth/person", {"personnummer": personnummer})
    return int(truth["personRef"])

"""What the tests of the whole installation do to it, and ask of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.tokens import a_token
from utskick.adapters.prefect_logins import logins_of
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.dispatches import Dispatch, DispatchId
from utskick.domain.units import Actor, HsaId
from utskick.running.stack import Stack
from utskick.sending.occasion_plans import register_occasions
from utskick.wiring import Services
from utskick.worker.door.callers import basic

UNIT = HsaId("SE2321000131-E000000000101")
STAFF = Actor("SE2321000131-P000000000001", UNIT)
PACKAGE = "vuxenpsykiatri-infor-besok"
_TIMEOUT_S = 240
_BUSY = 503
_LOOKS_AGAIN_S = 0.2
_HTTP = httpx.Client(
    # Nothing is kept: whoever is at the other end may have been killed since.
    timeout=_TIMEOUT_S,
    limits=httpx.Limits(max_keepalive_connections=0),
)
"""One for all: each reads the system's certificates, which takes longer than the question."""


class Whole:
    """A running installation. Truth is read from the local 1177, never from our own tables."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        with self.services.store.transaction() as records:
            self._token = records.tokens.add(a_token(UNIT, now=self.now()))

    @property
    def services(self) -> Services:
        return self.stack.services

    @property
    def local_1177(self) -> str:
        return self.stack.local_1177_url

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def now(self) -> datetime:
        return self.services.clock.now()

    def rest(self, method: str, path: str, **body: Any) -> httpx.Response:
        return _HTTP.request(
            method,
            f"{self.stack.web_url}/api/{path}",
            headers=self.authorization,
            json=body or None,
        )

    def start(
        self, recipients: Sequence[str], *, after_s: Sequence[float], **changes: Any
    ) -> Dispatch:
        """Start the psychiatric package over REST, with an occasion after each of `after_s`."""
        moments = [self.now() + timedelta(seconds=seconds) for seconds in after_s]
        spec = {
            "unit": UNIT,
            "package": PACKAGE,
            "recipients": list(recipients),
            "occasions": [
                {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M:%S}"}
                for local in (moment.astimezone(STOCKHOLM) for moment in moments)
            ],
        }
        answer = self.rest("POST", "paketutskick", **(spec | changes))
        assert answer.status_code == 201, answer.text
        return self.dispatch(answer.json()["id"])

    def dispatch(self, dispatch_id: UUID | str) -> Dispatch:
        with self.services.store.transaction() as records:
            return records.dispatches.get(DispatchId(UUID(str(dispatch_id))))

    def forms_of(self, personnummer: str) -> list[dict[str, Any]]:
        return self._truth_of(personnummer, "forms")

    def messages_of(self, personnummer: str) -> list[dict[str, Any]]:
        return self._truth_of(personnummer, "messages")

    def _truth_of(self, personnummer: str, what: str) -> list[dict[str, Any]]:
        answer = _HTTP.post(
            f"{self.local_1177}/control/truth/person",
            json={"personnummer": personnummer},
        ).json()
        found: list[dict[str, Any]] = answer[what]
        return found

    def mails(self) -> list[dict[str, Any]]:
        mails: list[dict[str, Any]] = _HTTP.get(f"{self.stack.mailbox_url}/api/mails").json()
        return mails

    def control(self, path: str, **body: Any) -> None:
        _HTTP.post(f"{self.local_1177}/control/{path}", json=body).raise_for_status()

    def count_calls(self) -> dict[str, Any]:
        """What the local 1177 has counted."""
        counted: dict[str, Any] = _HTTP.get(f"{self.local_1177}/control/calls").json()
        return counted

    def register(self, dispatch: Dispatch) -> None:
        """As the reconciler does."""
        register_occasions(
            dispatch.id,
            store=self.services.store,
            scheduler=self.services.scheduler,
            rules=self.services.rules,
            now=self.now(),
        )

    def heal(self) -> None:
        """Make the neighbours well again."""
        _HTTP.delete(f"{self.local_1177}/control/faults").raise_for_status()
        _HTTP.delete(f"{self.local_1177}/control/calls").raise_for_status()
        for service in ("forms", "inbox", "persons"):
            self.control("latency", service=service, seconds=0)

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until it holds; fail with `what` if it does not."""
        deadline = time.monotonic() + _TIMEOUT_S
        while not holds():
            assert time.monotonic() < deadline, f"in vain: {what}"
            time.sleep(_LOOKS_AGAIN_S)

    def until_status(self, dispatch: Dispatch, label: str) -> None:
        self.until(lambda: self.dispatch(dispatch.id).label == label, f"{dispatch.id} {label}")

    def prefect(self, method: str, path: str, **body: Any) -> Any:
        """Ask Prefect as its page does, once an operator has signed in.

        On SQLite it is now and then busy: it says 503, or answers after up to a minute.
        """
        deadline = time.monotonic() + _TIMEOUT_S
        login = logins_of(self.services.settings.scheduler).operators
        api, headers = f"{self.stack.prefect_url}/api", {"Authorization": basic(login)}
        if method != "GET":
            headers |= _csrf_of(api, headers, deadline)
        answer = _ask(deadline, method, f"{api}/{path}", headers=headers, json=body)
        return answer.json() if answer.content else None


def made_at(form: Mapping[str, Any]) -> datetime:
    """To the second, by the local 1177."""
    return datetime.strptime(form["createdDateTime"], "%Y%m%dT%H%M%S").replace(tzinfo=STOCKHOLM)


def _csrf_of(api: str, headers: Mapping[str, str], deadline: float) -> dict[str, str]:
    name = str(UUID(int=7))
    asked = _ask(deadline, "GET", f"{api}/csrf-token", headers=headers, params={"client": name})
    return {"Prefect-Csrf-Token": asked.json()["token"], "Prefect-Csrf-Client": name}


def _ask(deadline: float, method: str, url: str, **content: Any) -> httpx.Response:
    while True:
        answer = _HTTP.request(method, url, **content)
        if answer.status_code != _BUSY or time.monotonic() > deadline:
            return answer.raise_for_status()
        time.sleep(_LOOKS_AGAIN_S)

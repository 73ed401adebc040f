"""The neighbours that benchmarks talk to, each a process of its own, and test persons for them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from stdnum import luhn

from utskick.files import REGION
from utskick.running.children import Children
from utskick.running.ports import HOST, choose_ports

_FIRST_BIRTH, _LAST_BIRTH = date(1990, 1, 1), date(2014, 12, 31)


@dataclass(frozen=True, slots=True)
class Local1177:
    url: str

    def set_latency(self, seconds: float) -> None:
        """For the forms alone: they are what is compared."""
        self._post("latency", {"service": "forms", "seconds": seconds})

    def add_persons(self, numbers: list[str]) -> None:
        self.add([{"personnummer": number} for number in numbers])

    def add(self, persons: list[dict[str, object]]) -> None:
        """Add them, or change what is given of those who are there."""
        self._post("persons", persons)

    def break_down(self, service: str, kind: str, **details: float | str) -> None:
        """From now on a `share` of the calls fails in this way."""
        self._post("faults", {"service": service, "kind": kind, **details})

    def put_platform_in_front(self, *, again_after_s: float) -> None:
        """Before all that it serves; it repeats a call whose connection was reset so soon."""
        self._post("platform", {"in_front": True, "again_after_s": again_after_s})

    def heal(self) -> None:
        """No more faults."""
        httpx.delete(f"{self.url}/control/faults").raise_for_status()

    def struck(self) -> int:
        """How many calls faults have struck."""
        calls = httpx.get(f"{self.url}/control/calls").json()
        return sum(neighbour["struck"] for neighbour in calls.values())

    def forms(self) -> int:
        """How many forms there are, whoever made them."""
        truth = httpx.get(f"{self.url}/control/truth", timeout=60).json()
        return len(truth["forms"])

    def peak_concurrency(self) -> int:
        calls = httpx.get(f"{self.url}/control/calls").json()
        peak: int = calls["forms"]["peak_concurrency"]
        return peak

    def _post(self, path: str, body: object) -> None:
        httpx.post(f"{self.url}/control/{path}", json=body, timeout=60).raise_for_status()


@dataclass(frozen=True, slots=True)
class MadeForm:
    """A form as the neighbour holds it; `person` is an opaque number."""

    id: str
    unit: str
    person: int
    template: str
    made_at: datetime


class LeanNeighbour:
    """A neighbour that takes next to nothing of the machine, and where everybody is well."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.url = str(client.base_url).rstrip("/")

    @property
    def settings(self) -> dict[str, str]:
        """Where an installation finds it, as environment variables."""
        services = ("forms", "inbox", "persons")
        return {f"UTSKICK_{name.upper()}__URL": self.url for name in services}

    def set_latency(self, seconds: float) -> None:
        """For the forms alone: they are what is compared."""
        order = {"service": "forms", "seconds": seconds}
        self._client.post("/control/latency", json=order).raise_for_status()

    def set_capacity(self, concurrency: int | None) -> None:
        """From now on more forms at once than these are turned away."""
        order = {"service": "forms", "concurrency": concurrency}
        self._client.post("/control/capacity", json=order).raise_for_status()

    def forget(self) -> None:
        """Every form, message and count."""
        self._client.delete("/control/truth").raise_for_status()

    def forms(self) -> int:
        """How many there are, whoever made them."""
        made: int = self._calls()["made"]
        return made

    def peak_concurrency(self) -> int:
        peak: int = self._calls()["forms"]["peak_concurrency"]
        return peak

    def made(self) -> list[MadeForm]:
        """Every form, in the order in which they were made."""
        truth = self._client.get("/control/truth").json()
        return [
            MadeForm(
                id=form["formId"],
                unit=form["unit"],
                person=form["personRef"],
                template=form["templateId"],
                made_at=datetime.fromtimestamp(form["madeAt"], UTC),
            )
            for form in truth["forms"]
        ]

    def _calls(self) -> dict[str, Any]:
        calls: dict[str, Any] = self._client.get("/control/calls").json()
        return calls


@contextmanager
def lean_neighbour(children: Children) -> Iterator[LeanNeighbour]:
    """Started on a free port, with the demo region's templates."""
    port = choose_ports(usual=False).local_1177
    command = [sys.executable, "-m", "benchmarks.lean_neighbour", "--port", str(port)]
    children.start("neighbour", command)
    url = f"http://{HOST}:{port}"
    children.wait_healthy("neighbour", f"{url}/health")
    with httpx.Client(base_url=url, timeout=60) as client:
        yield LeanNeighbour(client)


@contextmanager
def local_1177(folder: Path, children: Children) -> Iterator[Local1177]:
    """Started on a free port, with the demo region."""
    port = choose_ports(usual=False).local_1177
    children.start(
        "local-1177",
        [
            *(sys.executable, "-m", "utskick.local_1177", "--port", str(port)),
            *("--state", str(folder / "local-1177.db"), "--region", str(REGION)),
        ],
    )
    url = f"http://{HOST}:{port}"
    children.wait_healthy("local-1177", f"{url}/health")
    yield Local1177(url)


def persons(count: int) -> list[str]:
    """Test personnummer of the official pattern: births 1990 to 2014, numbers 238 and 239.

    There are 18,262 of them.
    """
    days = (_LAST_BIRTH - _FIRST_BIRTH).days + 1
    bodies = [
        f"{_FIRST_BIRTH + timedelta(days=day):%Y%m%d}{individual}"
        for individual in (238, 239)
        for day in range(days)
    ]
    assert count <= len(bodies), "there are not so many test personnummer"
    return [body + luhn.calc_check_digit(body[2:]) for body in bodies[:count]]

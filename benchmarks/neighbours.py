"""The local 1177 as a process of its own, with a latency and as many persons as are needed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx
from stdnum import luhn

from config.settings import HERE
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


@contextmanager
def local_1177(folder: Path, children: Children) -> Iterator[Local1177]:
    """Started on a free port, with the demo region."""
    port = choose_ports(usual=False).local_1177
    children.start(
        "local-1177",
        [
            *(sys.executable, "-m", "utskick.local_1177", "--port", str(port)),
            *("--state", str(folder / "local-1177.db"), "--region", str(HERE / "region")),
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

"""An installation under attack: its database, its keys, and the local 1177 that it talks to."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Self

from benchmarks.neighbours import persons
from config.settings import (
    FormServiceSettings,
    InboxSettings,
    PersonsSettings,
    PlatformSettings,
    Settings,
    TimingSettings,
)
from tests.clinic import LOADER
from utskick.adapters.in_memory import InMemoryScheduler
from utskick.adapters.yaml_region import read_region
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.dispatches import Dispatch
from utskick.domain.specs import DispatchSpec, OccasionSpec
from utskick.domain.units import Actor, HsaId
from utskick.ports import TemporaryFailure
from utskick.store import SqlStore
from utskick.store.accounts import migrate_as_owner
from utskick.store.key_file import make_key_file
from utskick.wiring import Services, wire

UNIT = HsaId("SE2321000131-E000000000101")
STAFF = Actor("SE2321000131-P000000000001", UNIT)
PACKAGE = "vuxenpsykiatri-infor-besok"
_ANSWERS_WITHIN_S = 0.24
_TRIES = 20
_MIGRATING = Lock()
"""Alembic bears one thread of a process at a time, also to see how far a database has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What every process of it needs to know. The times are short, and keep what I4 asks for."""

    database_url: str
    key_file: Path
    local_1177: str
    lease_s: float = 0.8
    settle_s: float = 1.5
    concurrency: int = 2
    connect_s: float = 0.1
    read_s: float = 0.25

    @property
    def unhurried(self) -> Self:
        """The same for whoever reads when all is over, on a machine that may be busy."""
        return replace(self, connect_s=10, read_s=30, lease_s=90, settle_s=180)

    def services(self) -> Services:
        """The product's own parts; nothing is scheduled outside its processes."""
        default = Settings(_env_file=None)
        neighbour = {"connect_timeout_s": self.connect_s, "read_timeout_s": self.read_s}
        settings = default.model_copy(
            update={
                "database": default.database.model_copy(
                    update={"url": self.database_url, "key_file": self.key_file}
                ),
                "platform": PlatformSettings(answers_within_s=_ANSWERS_WITHIN_S),
                "forms": FormServiceSettings(
                    url=self.local_1177,
                    concurrency=self.concurrency,
                    settle_s=self.settle_s,
                    clock_skew_s=0.5,
                    **neighbour,
                ),
                "inbox": InboxSettings(url=self.local_1177, per_s=1000, **neighbour),
                "persons": PersonsSettings(url=self.local_1177, per_s=1000, **neighbour),
                "timing": TimingSettings(
                    opens="00:00",
                    closes="23:59:59",
                    lease_s=self.lease_s,
                    retry_delays_s=(0.2, 0.5, 1),
                ),
            }
        )
        with _MIGRATING:
            return replace(wire(settings), scheduler=InMemoryScheduler())

    def prepare(self) -> None:
        """Keys, tables, and the demo region."""
        make_key_file(self.key_file)
        with _MIGRATING:
            migrate_as_owner(self.database_url)
        services = self.services()
        region = read_region(
            services.settings.region,
            texts=services.texts,
        )
        services.load_region(region, actor=LOADER, now=services.clock.now())
        close(services)


def close(services: Services) -> None:
    """Leave the database."""
    assert isinstance(services.store, SqlStore)
    services.store.close()


async def start(
    services: Services,
    numbers: list[str],
    *,
    forms: int,
    occasions_after_s: list[float],
    key: str,
) -> Dispatch:
    """Start the package for `numbers`; each occasion so long from now.

    Tried again while a register does not answer: its time-outs are short, and the machine is busy.
    """
    for _ in range(_TRIES):
        spec = _spec(services, numbers, forms=forms, occasions_after_s=occasions_after_s)
        with suppress(TemporaryFailure):
            started = await services.start_dispatch(
                spec, actor=STAFF, submission_key=key, now=services.clock.now()
            )
            return started.dispatch
    raise TemporaryFailure("the registers never answered")


def _spec(
    services: Services, numbers: list[str], *, forms: int, occasions_after_s: list[float]
) -> DispatchSpec:
    with services.store.transaction() as records:
        sendable = [a.form.key for a in records.forms.list_for(UNIT) if a.sendable]
    now = services.clock.now()
    moments = [(now + timedelta(seconds=s)).astimezone(STOCKHOLM) for s in occasions_after_s]
    return DispatchSpec(
        unit=UNIT,
        package=PACKAGE,
        recipients=numbers,
        forms=sendable[:forms],
        occasions=[OccasionSpec(date=f"{m:%Y-%m-%d}", time=f"{m:%H:%M:%S}") for m in moments],
    )


def some_persons(count: int, *, after: int = 0) -> list[dict[str, object]]:
    """Test persons whom everything can be sent to, as the local 1177 takes them in."""
    reachable = {"in_register": True, "protected": "", "deregistered": "", "account": True}
    return [{"personnummer": number, **reachable} for number in persons(after + count)[after:]]

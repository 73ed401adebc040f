"""The made-up year holds nothing that the product itself would not have written."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from benchmarks.year import ADMINISTRATION, Filled, Size, fill
from tests.access_log import is_whole
from tests.postgresql import PostgresqlServer
from tests.vault import a_vault
from utskick.adapters.in_memory import FakeClock, InMemoryFormService, InMemoryScheduler
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.yaml_region import read_region
from utskick.domain.deliveries import DeliveryState, delivery_id
from utskick.domain.dispatches import DispatchId, DispatchStatus, RecipientId
from utskick.domain.occasions import OccasionId, OccasionState
from utskick.domain.personnummer import parse_personnummer
from utskick.domain.rules import Rules
from utskick.files import REGION
from utskick.sending.call_slots import CallSlots
from utskick.sending.reconcile import audit, reconcile
from utskick.store import SqlStore
from utskick.store.engine import open_engine
from utskick.store.tables import (
    AccessLogRow,
    DeliveryRow,
    DispatchRow,
    InboxMessageRow,
    OccasionRow,
    PunctualityRow,
)

NOW = datetime(2027, 2, 1, 11, tzinfo=UTC)
SMALL = Size(units=7, persons=100, dispatches=60, deliveries=2_500, log_entries=600, largest=20)
VAULT = a_vault()
OF_THE_LOAD = (
    select(func.count()).select_from(AccessLogRow).where(AccessLogRow.unit_id == ADMINISTRATION)
)


@dataclass(frozen=True, slots=True)
class Year:
    engine: Engine
    store: SqlStore
    filled: Filled


def a_year(engine: Engine) -> Year:
    region = read_region(REGION, texts=JinjaTexts())
    filled = fill(engine, VAULT, region, SMALL, now=NOW)
    return Year(engine, SqlStore(engine, VAULT), filled)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def year(
    request: pytest.FixtureRequest, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Year]:
    if request.param == "sqlite":
        yield from opened(copy_of(migrated, tmp_path_factory.mktemp("year")))
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.fresh_database() as url:
        yield from opened(url)


def copy_of(migrated: Path, folder: Path) -> str:
    shutil.copy(migrated, folder / "utskick.db")
    return f"sqlite:///{folder / 'utskick.db'}"


def opened(url: str) -> Iterator[Year]:
    engine = open_engine(url)
    yield a_year(engine)
    engine.dispose()


def test_there_is_as_much_as_was_asked_for(year: Year) -> None:
    with year.engine.connect() as connection:
        dispatches, deliveries, entries = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (DispatchRow, DeliveryRow, AccessLogRow)
        )
        loaded = connection.execute(OF_THE_LOAD).scalar_one()

    assert dispatches == SMALL.dispatches
    assert deliveries == SMALL.deliveries
    assert SMALL.log_entries - SMALL.units <= entries - loaded <= SMALL.log_entries


def test_the_region_s_load_stands_in_the_log_of_the_administration(year: Year) -> None:
    with year.engine.connect() as connection:
        loaded = connection.execute(OF_THE_LOAD).scalar_one()

    assert loaded
    assert is_whole(year.store, ADMINISTRATION)


def test_every_unit_has_an_unbroken_access_log(year: Year) -> None:
    with year.store.transaction() as records:
        units = records.units.all()
    broken = [unit.id for unit in units if not is_whole(year.store, unit.id)]

    assert len(units) == SMALL.units
    assert not broken


def test_each_delivery_is_named_by_what_it_stands_for(year: Year) -> None:
    with year.engine.connect() as connection:
        rows = connection.execute(
            select(
                DeliveryRow.id,
                DeliveryRow.dispatch_id,
                DeliveryRow.occasion_id,
                DeliveryRow.recipient_id,
                DeliveryRow.template_id,
            )
        ).all()

    assert all(
        row.id
        == delivery_id(
            DispatchId(row.dispatch_id),
            OccasionId(row.occasion_id),
            RecipientId(row.recipient_id),
            row.template_id,
        )
        for row in rows
    )


def test_what_is_sent_has_its_form_and_its_time_and_lies_in_the_past(year: Year) -> None:
    incomplete = select(func.count()).where(
        DeliveryRow.state == DeliveryState.SENT.value,
        DeliveryRow.form_id.is_(None)
        | DeliveryRow.form_status.is_(None)
        | DeliveryRow.sent_at.is_(None)
        | (DeliveryRow.sent_at > NOW),
    )

    with year.engine.connect() as connection:
        assert connection.scalar(incomplete) == 0
        assert connection.scalar(select(func.count()).select_from(InboxMessageRow))


def test_the_punctuality_counts_what_the_living_dispatches_have_sent(year: Year) -> None:
    sent = (
        select(DeliveryRow.occasion_id, func.count().label("number"))
        .join(OccasionRow, OccasionRow.id == DeliveryRow.occasion_id)
        .where(DeliveryRow.state == DeliveryState.SENT.value)
        .group_by(DeliveryRow.occasion_id)
        .subquery()
    )
    compared = select(sent.c.number, PunctualityRow.sent).join(
        PunctualityRow, PunctualityRow.occasion_id == sent.c.occasion_id
    )

    with year.engine.connect() as connection:
        rows = connection.execute(compared).all()

    assert rows
    assert all(row.number == row.sent for row in rows)


async def test_the_reconciler_finds_nothing_missed_or_unsettled(year: Year) -> None:
    scheduler = InMemoryScheduler()

    mended = await reconcile(
        store=year.store,
        forms=InMemoryFormService(clock=FakeClock(NOW), templates={}),
        call_slots=CallSlots(Rules()),
        scheduler=scheduler,
        rules=Rules(),
        now=NOW,
    )

    assert (mended.missed, mended.settled, mended.started, mended.resumed) == (0, 0, 0, 0)
    audited = audit(store=year.store, scheduler=scheduler, rules=Rules(), now=NOW)
    assert (audited.registered > 0, audited.removed) == (True, 0)


def test_ended_dispatches_are_those_that_are_still_listed(year: Year) -> None:
    with year.engine.connect() as connection:
        rows = connection.execute(select(DispatchRow.status, DispatchRow.ended_at)).all()

    ended = [row for row in rows if row.status != DispatchStatus.ONGOING.value]
    assert ended
    assert all(NOW - timedelta(days=7) < row.ended_at <= NOW for row in ended)
    assert all(row.ended_at is None for row in rows if row not in ended)


def test_the_largest_dispatch_goes_to_test_persons_at_twelve_occasions(year: Year) -> None:
    with year.store.transaction() as records:
        dispatch = records.dispatches.get_for(year.filled.unit_id, year.filled.dispatch_id)
        numbers = [r.personnummer for r in records.dispatches.recipients(dispatch.id)]

    states = [occasion.state for occasion in dispatch.occasions]
    assert states == [OccasionState.DONE] * 6 + [OccasionState.PLANNED] * 6
    assert len(numbers) == SMALL.largest
    assert numbers[0].digits == year.filled.patient
    assert all(parse_personnummer(n.digits, today=NOW.date()) == n for n in numbers)
    assert all(n.digits[8:11] in ("238", "239") for n in numbers)


def test_the_same_seed_makes_the_same_rows(year: Year, migrated: Path, tmp_path: Path) -> None:
    engine = open_engine(copy_of(migrated, tmp_path))
    again = a_year(engine)

    everything = select(DeliveryRow.__table__).order_by(DeliveryRow.id)
    hashes = select(AccessLogRow.hash).where(AccessLogRow.key_number.is_(None))
    hashes = hashes.order_by(AccessLogRow.hash)
    with year.engine.connect() as first, engine.connect() as second:
        for statement in (everything, hashes):
            assert first.execute(statement).all() == second.execute(statement).all()

    assert again.filled == year.filled
    engine.dispose()

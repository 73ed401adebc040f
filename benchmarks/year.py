"""A year of a whole region, made up: what a database holds when many units have used Utskick.

The same seed makes the same rows, but for the nonces of the encrypted personnummer.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count, islice
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from benchmarks import rows
from benchmarks.bulk import put
from benchmarks.dispatches import Clientele, DispatchMaker, MadeUp
from benchmarks.journal import log_rows
from benchmarks.neighbours import persons
from utskick.domain.deliveries import DeliveryId, DeliveryState, delivery_id
from utskick.domain.dispatches import DispatchId, PersonId
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import OccasionId
from utskick.domain.region import Region
from utskick.domain.units import SYSTEM, Actor, HsaId, Unit
from utskick.store import SqlStore, tables
from utskick.store.before_keys import note_before_keys
from utskick.store.vault import Vault
from utskick.use_cases.load_region import LoadRegion

ADMINISTRATION = HsaId("SE2321000131-E000000000001")
"""Whose log has what is loaded, as in the demo: no unit, so that its units' logs are made up."""
_PATIENTS = 3000
_STAFF = 10
_SHARE_OF_THE_FIRST = 10
_LATELY_ENDED = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there is. The first unit has a tenth of all, and a dispatch to `largest`."""

    units: int = 40
    persons: int = 18_000
    dispatches: int = 10_000
    deliveries: int = 1_000_000
    log_entries: int = 1_000_000
    largest: int = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What is worth opening: the unit with most of all, its largest dispatch, a patient of it."""

    unit_id: HsaId
    staff_id: str
    dispatch_id: DispatchId
    occasion_id: OccasionId
    delivery_id: DeliveryId
    template_id: FormTemplateId
    patient: str


def fill(
    engine: Engine, vault: Vault, region: Region, size: Size, *, seed: int = 1177, now: datetime
) -> Filled:
    """Fill a migrated database without rows: the region, and a year of its units' work."""
    chance = random.Random(seed)  # noqa: S311  # to be the same each time is its use
    numbers = persons(size.persons)
    person_ids = [PersonId(UUID(int=chance.getrandbits(128), version=4)) for _ in numbers]
    units = _load(region, size, SqlStore(engine, vault), now)
    clienteles = [_clientele(chance, unit, region, person_ids) for unit in units]
    maker = DispatchMaker(chance, largest=size.largest, now=now)
    living = list(_living(maker, clienteles, size))
    deleted = (maker.deleted(_whose(clienteles, turn)) for turn in count())
    with engine.begin() as connection:
        staff = chain.from_iterable(map(_staff_rows, clienteles))
        put(connection, tables.StaffMemberRow, staff)
        put(connection, tables.PersonRow, _person_rows(vault, person_ids, numbers))
        _put_living(connection, living)
        _put_deliveries(connection, rows.DeliveryMaker(chance, now=now), living, deleted, size)
        for clientele in clienteles:
            own = [m.dispatch.id for m in living if m.dispatch.unit_id == clientele.unit_id]
            entries = _share(size.log_entries, clientele, clienteles)
            log = log_rows(chance, clientele, own, number=entries, now=now)
            put(connection, tables.AccessLogRow, log)
        with Session(connection) as session:
            note_before_keys(session, vault)
            session.flush()
    return _worth_opening(living[0], dict(zip(person_ids, numbers, strict=True)), clienteles[0])


def _worth_opening(
    largest: MadeUp, numbers: Mapping[PersonId, str], clientele: Clientele
) -> Filled:
    dispatch, recipient = largest.dispatch, largest.recipients[0]
    occasion, form = dispatch.occasions[0], dispatch.forms[0]
    return Filled(
        unit_id=clientele.unit_id,
        staff_id=clientele.staff[0],
        dispatch_id=dispatch.id,
        occasion_id=occasion.id,
        delivery_id=delivery_id(dispatch.id, occasion.id, recipient.id, form.template_id),
        template_id=form.template_id,
        patient=numbers[recipient.person_id],
    )


def _load(region: Region, size: Size, store: SqlStore, now: datetime) -> list[Unit]:
    LoadRegion(store=store)(region, actor=Actor(SYSTEM, ADMINISTRATION), now=now)
    more = [
        Unit(HsaId(f"SE2321000131-E{number:012}"), f"Mottagning {number}", "031-390 06 20")
        for number in range(1000, 1000 + size.units - len(region.units))
    ]
    with store.transaction() as records:
        records.units.save(more)
    return [*region.units, *more][: size.units]


def _clientele(
    chance: random.Random, unit: Unit, region: Region, person_ids: Sequence[PersonId]
) -> Clientele:
    return Clientele(
        unit_id=unit.id,
        forms=[
            form
            for form in region.forms
            if form.available_to(unit.id, subscribed=(unit.id, form.id) in region.subscriptions)
            and not form.archived
        ],
        patients=chance.sample(person_ids, min(_PATIENTS, len(person_ids))),
        staff=[f"SE2321000131-P{unit.id[-6:]}{number:06}" for number in range(_STAFF)],
    )


def _living(maker: DispatchMaker, clienteles: Sequence[Clientele], size: Size) -> Iterator[MadeUp]:
    """The ongoing ones, and those that are still listed though they have ended."""
    yield maker.largest(clienteles[0])
    for turn in range(1, size.dispatches):
        make = maker.ongoing if turn % _LATELY_ENDED else maker.ended
        yield make(_whose(clienteles, turn))


def _whose(clienteles: Sequence[Clientele], turn: int) -> Clientele:
    first, *others = clienteles
    if turn % _SHARE_OF_THE_FIRST == 0:
        return first
    return others[turn % len(others)]


def _share(whole: int, clientele: Clientele, clienteles: Sequence[Clientele]) -> int:
    of_the_first = whole // _SHARE_OF_THE_FIRST
    if clientele is clienteles[0]:
        return of_the_first
    return (whole - of_the_first) // (len(clienteles) - 1)


def _staff_rows(clientele: Clientele) -> Iterator[rows.Values]:
    for number, hsa_id in enumerate(clientele.staff, start=1):
        yield {"hsa_id": hsa_id, "name": f"Medarbetare {number}", "chosen_unit_id": None}


def _person_rows(
    vault: Vault, person_ids: Sequence[PersonId], numbers: Sequence[str]
) -> Iterator[rows.Values]:
    for person_id, number in zip(person_ids, numbers, strict=True):
        sealed = vault.seal(number.encode(), row=person_id)
        yield {
            "id": person_id,
            "blind_index": vault.index(number.encode(), key_id=sealed.key_id),
            "ciphertext": sealed.ciphertext,
            "key_id": sealed.key_id,
        }


def _put_living(connection: Connection, living: Sequence[MadeUp]) -> None:
    dispatches = [made_up.dispatch for made_up in living]
    flat = chain.from_iterable
    put(connection, tables.DispatchRow, map(rows.dispatch_row, dispatches))
    put(connection, tables.DispatchFormRow, flat(map(rows.form_rows, dispatches)))
    put(connection, tables.OccasionRow, flat(map(rows.occasion_rows, dispatches)))
    put(connection, tables.RecipientRow, flat(map(rows.recipient_rows, living)))
    put(connection, tables.InboxMessageRow, flat(map(rows.message_rows, living)))


def _put_deliveries(
    connection: Connection,
    maker: rows.DeliveryMaker,
    living: Iterable[MadeUp],
    deleted: Iterator[MadeUp],
    size: Size,
) -> None:
    """All of the living; of the deleted what is kept, as many as there is room for."""
    punctuality: list[rows.Values] = []

    def each(dispatches: Iterable[MadeUp]) -> Iterator[rows.Values]:
        for made_up in dispatches:
            for occasion in made_up.past:
                batch = maker.rows(made_up, occasion)
                punctuality.append(rows.punctuality_row(made_up.dispatch, occasion, batch))
                yield from batch

    already = put(connection, tables.DeliveryRow, each(living))
    kept = (row for row in each(deleted) if row["state"] is not DeliveryState.REFUSED)
    put(connection, tables.DeliveryRow, islice(kept, max(0, size.deliveries - already)))
    put(connection, tables.PunctualityRow, punctuality)

"""Sessions: what they hold, how long they last, what is never kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select

from tests.clinic import OTHER_UNIT, STAFF, UNIT
from tests.store.ledger import NOW
from utskick.domain.rights import ProvidedRight, Right
from utskick.domain.staff import Commission, NotSignedIn, StaffSession
from utskick.domain.units import Unit
from utskick.records import Sessions
from utskick.store import SqlStore
from utskick.store.staff import SessionLimits
from utskick.store.tables import Row
from utskick.store.vault import Vault

SESSION = StaffSession(
    staff_id=STAFF.name,
    name="Karin Exempel",
    commissions=(
        Commission(
            hsa_id="SE2321000131-U1",
            name="Sjuksköterska",
            purpose="Vård och behandling",
            unit_id=UNIT.id,
            unit_name=UNIT.name,
            starts_on=date(2024, 1, 1),
            ends_on=date(2027, 12, 31),
        ),
        Commission(
            hsa_id="SE2321000131-U2",
            name="Jour",
            purpose="Vård och behandling",
            unit_id=OTHER_UNIT.id,
            unit_name=OTHER_UNIT.name,
        ),
    ),
    unit_id=UNIT.id,
    provided=frozenset(
        {ProvidedRight(Right.LOG, UNIT.id), ProvidedRight(Right.REGIONAL_ADMINISTRATION)}
    ),
    place="Firefox på Windows, 192.0.2.7",
)
MINUTE = timedelta(minutes=1)
Answer = TypeVar("Answer")


def ask(store: SqlStore, question: Callable[[Sessions], Answer]) -> Answer:
    """In a transaction of its own, as each visit is."""
    with store.transaction() as records:
        return question(records.sessions)


def opened(store: SqlStore, session: StaffSession = SESSION) -> str:
    return ask(store, lambda sessions: sessions.open(replace(session, id=uuid4()), now=NOW))


def visit(store: SqlStore, token: str, *, after: timedelta = timedelta(0)) -> StaffSession:
    return ask(store, lambda sessions: sessions.get(token, now=NOW + after))


def choose(
    store: SqlStore, token: str, unit: Unit = OTHER_UNIT, *, after: timedelta = timedelta(0)
) -> str:
    return ask(store, lambda sessions: sessions.choose_unit(token, unit.id, now=NOW + after))


def everything_kept(engine: Engine, table: str) -> str:
    with engine.connect() as connection:
        return str(connection.execute(select(Row.metadata.tables[table])).all())


def test_a_session_comes_back_as_it_was(store: SqlStore) -> None:
    token = opened(store)

    assert visit(store, token) == SESSION


def test_a_session_may_be_without_a_unit(store: SqlStore) -> None:
    token = opened(store, replace(SESSION, unit_id=None, commissions=()))

    assert visit(store, token).unit_id is None


def test_each_session_has_a_token_of_its_own(store: SqlStore) -> None:
    tokens = {opened(store) for _ in range(3)}

    assert len(tokens) == 3
    assert {len(token) for token in tokens} == {43}, "256 bits"


def test_only_hashes_are_kept(store: SqlStore, engine: Engine) -> None:
    token = opened(store)

    assert token not in everything_kept(engine, "staff_session")


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "å" * 43])
def test_an_unknown_token_opens_nothing(store: SqlStore, token: str) -> None:
    opened(store)

    with pytest.raises(NotSignedIn):
        visit(store, token)


def test_a_session_ends_half_an_hour_after_the_last_visit(store: SqlStore) -> None:
    token = opened(store)
    visit(store, token, after=30 * MINUTE)
    visit(store, token, after=60 * MINUTE)

    with pytest.raises(NotSignedIn):
        visit(store, token, after=91 * MINUTE)


def test_a_session_ends_ten_hours_after_the_first_visit(store: SqlStore) -> None:
    token = opened(store)
    for half_hour in range(1, 21):
        visit(store, token, after=half_hour * 30 * MINUTE)

    with pytest.raises(NotSignedIn):
        visit(store, token, after=601 * MINUTE)


def test_an_installation_chooses_how_long_sessions_last(
    store: SqlStore, engine: Engine, vault: Vault
) -> None:
    limits = SessionLimits(idle=5 * MINUTE, absolute=8 * MINUTE)
    stricter = SqlStore(engine, vault, session_limits=limits)
    idle, visited = opened(store), opened(store)

    assert visit(stricter, visited, after=4 * MINUTE)
    for token, minutes in ((idle, 6), (visited, 9)):
        with pytest.raises(NotSignedIn):
            visit(stricter, token, after=minutes * MINUTE)


def test_a_visit_is_written_down_once_a_minute_at_most(store: SqlStore, engine: Engine) -> None:
    token = opened(store)
    before = everything_kept(engine, "staff_session")

    visit(store, token, after=MINUTE)
    soon = everything_kept(engine, "staff_session")
    visit(store, token, after=2 * MINUTE)

    assert soon == before
    assert everything_kept(engine, "staff_session") != before


def test_choosing_a_unit_gives_a_new_token_and_voids_the_old(store: SqlStore) -> None:
    token = opened(store)

    renewed = choose(store, token)

    assert visit(store, renewed) == replace(SESSION, unit_id=OTHER_UNIT.id)
    with pytest.raises(NotSignedIn):
        visit(store, token)


def test_choosing_a_unit_does_not_make_the_day_longer(store: SqlStore) -> None:
    token = opened(store)
    for half_hour in range(1, 21):
        token = choose(
            store, token, (UNIT, OTHER_UNIT)[half_hour % 2], after=half_hour * 30 * MINUTE
        )

    with pytest.raises(NotSignedIn):
        visit(store, token, after=601 * MINUTE)


def test_the_unit_chosen_last_is_remembered_after_signing_out(store: SqlStore) -> None:
    assert ask(store, lambda sessions: sessions.chosen_unit(STAFF.name)) is None
    renewed = choose(store, opened(store))
    ask(store, lambda sessions: sessions.end(renewed))

    opened(store, replace(SESSION, unit_id=None))

    assert ask(store, lambda sessions: sessions.chosen_unit(STAFF.name)) == OTHER_UNIT.id


def test_a_new_name_is_learnt_at_the_next_sign_in(store: SqlStore) -> None:
    opened(store)
    opened(store, replace(SESSION, name="Karin Nyman"))

    names = ask(store, lambda sessions: sessions.names([STAFF.name, "SE2321000131-P9"]))

    assert names == {STAFF.name: "Karin Nyman"}


def test_signing_out_ends_one_session_and_signing_out_everywhere_all(store: SqlStore) -> None:
    first, second, third = opened(store), opened(store), opened(store)
    other = opened(store, replace(SESSION, staff_id="SE2321000131-P9"))

    ask(store, lambda sessions: sessions.end(first))
    with pytest.raises(NotSignedIn):
        visit(store, first)
    assert visit(store, second)

    assert ask(store, lambda sessions: sessions.end_all(STAFF.name)) == 2
    for token in (second, third):
        with pytest.raises(NotSignedIn):
            visit(store, token)
    assert visit(store, other)


def test_sessions_that_ended_are_deleted_and_those_that_run_stay(
    store: SqlStore, engine: Engine
) -> None:
    old, running = opened(store), opened(store)
    visit(store, running, after=20 * MINUTE)

    deleted = ask(store, lambda sessions: sessions.delete_before(NOW + 10 * MINUTE))

    assert deleted == 1
    assert visit(store, running, after=21 * MINUTE)
    with pytest.raises(NotSignedIn):
        visit(store, old, after=21 * MINUTE)


# Who is signed in


OTHER = replace(SESSION, staff_id="SE2321000131-P000000000009", name="Åsa Östlund")


def signed_in(
    store: SqlStore, text: str = "", *, after: timedelta = timedelta(0), limit: int = 10
) -> list[tuple[str, int]]:
    found = ask(store, lambda sessions: sessions.signed_in(text, limit=limit, now=NOW + after))
    return [(each.name, each.sessions) for each in found]


def test_everybody_signed_in_is_shown_once_seen_last_first(store: SqlStore) -> None:
    opened(store)
    token = opened(store, OTHER)
    opened(store)
    visit(store, token, after=2 * MINUTE)

    assert signed_in(store) == [("Åsa Östlund", 1), ("Karin Exempel", 2)]
    assert signed_in(store, limit=1) == [("Åsa Östlund", 1)]


@pytest.mark.parametrize("text", ["östlund", "ÅSA", "p000000000009"])
def test_somebody_is_found_by_name_or_hsa_id_whatever_the_case(store: SqlStore, text: str) -> None:
    opened(store)
    opened(store, OTHER)

    assert signed_in(store, text) == [("Åsa Östlund", 1)]


def test_nobody_is_signed_in_too_long_after_the_last_visit(store: SqlStore) -> None:
    opened(store)

    assert signed_in(store, after=29 * MINUTE)
    assert not signed_in(store, after=31 * MINUTE)


# Own sessions


def places(store: SqlStore, *, after: timedelta = timedelta(0)) -> list[tuple[str, str]]:
    found = ask(store, lambda sessions: sessions.of_person(STAFF.name, now=NOW + after))
    return [(each.place, each.unit_name) for each in found]


def test_a_person_sees_where_they_are_signed_in_and_nobody_else(store: SqlStore) -> None:
    opened(store, OTHER)
    opened(store)
    elsewhere = opened(store, replace(SESSION, place="Edge på Windows, 192.0.2.8", unit_id=None))
    visit(store, elsewhere, after=2 * MINUTE)

    assert places(store) == [("Edge på Windows, 192.0.2.8", ""), (SESSION.place, UNIT.name)]
    assert places(store, after=40 * MINUTE) == []


def test_a_session_keeps_its_id_when_another_unit_is_chosen(store: SqlStore) -> None:
    token = opened(store)
    before = visit(store, token)

    after = visit(store, choose(store, token))

    assert after.id == before.id
    assert after.place == before.place


def test_a_person_ends_one_of_their_own_and_no_one_elses(store: SqlStore) -> None:
    here, elsewhere, others = opened(store), opened(store), opened(store, OTHER)
    ids = {token: visit(store, token).id for token in (here, elsewhere, others)}

    with store.transaction() as records:
        ended = [records.sessions.end_one(STAFF.name, ids[each]) for each in (elsewhere, others)]

    assert ended == [True, False]
    assert visit(store, here)
    assert visit(store, others)
    with pytest.raises(NotSignedIn):
        visit(store, elsewhere)


def test_signing_out_returns_the_session_once(store: SqlStore) -> None:
    token = opened(store)

    first = ask(store, lambda sessions: sessions.end(token))
    again = ask(store, lambda sessions: sessions.end(token))

    assert (first, again) == (SESSION, None)

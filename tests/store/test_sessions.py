"""Sign-ins under way and sessions: what they hold, how long they last, what is never kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Engine, select

from tests.clinic import OTHER_UNIT, STAFF, UNIT
from tests.store.ledger import NOW
from utskick.domain.staff import Commission, NotSignedIn, Role, SignInAttempt, StaffSession
from utskick.domain.units import Unit
from utskick.records import Sessions
from utskick.store import SqlStore
from utskick.store.staff import SessionLimits
from utskick.store.tables import Row
from utskick.store.vault import Vault

ATTEMPT = SignInAttempt(
    state="a-state", nonce="a-nonce", code_verifier="a-verifier", return_to="/uppfoljning"
)
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
    roles=frozenset({Role.MANAGER, Role.ADMINISTRATOR}),
    unit_id=UNIT.id,
)
MINUTE = timedelta(minutes=1)
Answer = TypeVar("Answer")


def ask(store: SqlStore, question: Callable[[Sessions], Answer]) -> Answer:
    """In a transaction of its own, as each visit is."""
    with store.transaction() as records:
        return question(records.sessions)


def opened(store: SqlStore, session: StaffSession = SESSION) -> str:
    return ask(store, lambda sessions: sessions.open(session, now=NOW))


def visit(store: SqlStore, token: str, *, after: timedelta = timedelta(0)) -> StaffSession:
    return ask(store, lambda sessions: sessions.get(token, now=NOW + after))


def choose(
    store: SqlStore, token: str, unit: Unit = OTHER_UNIT, *, after: timedelta = timedelta(0)
) -> str:
    return ask(store, lambda sessions: sessions.choose_unit(token, unit.id, now=NOW + after))


def begun(store: SqlStore, attempt: SignInAttempt = ATTEMPT) -> None:
    ask(store, lambda sessions: sessions.begin(attempt, now=NOW))


def take(store: SqlStore, *, after: timedelta = timedelta(0)) -> SignInAttempt:
    return ask(store, lambda sessions: sessions.take_attempt(ATTEMPT.state, now=NOW + after))


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
    begun(store)

    assert token not in everything_kept(engine, "staff_session")
    assert ATTEMPT.state not in everything_kept(engine, "sign_in_attempt")


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


def test_a_sign_in_under_way_is_taken_once(store: SqlStore) -> None:
    begun(store)

    assert take(store, after=9 * MINUTE) == ATTEMPT
    with pytest.raises(NotSignedIn):
        take(store, after=9 * MINUTE)


def test_a_sign_in_that_takes_more_than_ten_minutes_is_void(store: SqlStore) -> None:
    begun(store)

    with pytest.raises(NotSignedIn):
        take(store, after=11 * MINUTE)


def test_old_sign_ins_are_deleted_when_the_next_begins(store: SqlStore, engine: Engine) -> None:
    begun(store, replace(ATTEMPT, nonce="forgotten"))
    later = replace(ATTEMPT, state="another-state")

    ask(store, lambda sessions: sessions.begin(later, now=NOW + 11 * MINUTE))

    assert "forgotten" not in everything_kept(engine, "sign_in_attempt")


def test_sessions_that_ended_are_deleted_and_those_that_run_stay(
    store: SqlStore, engine: Engine
) -> None:
    old, running = opened(store), opened(store)
    begun(store)
    visit(store, running, after=20 * MINUTE)

    deleted = ask(store, lambda sessions: sessions.delete_before(NOW + 10 * MINUTE))

    assert deleted == 1
    assert visit(store, running, after=21 * MINUTE)
    assert everything_kept(engine, "sign_in_attempt") == "[]"
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

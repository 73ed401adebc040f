"""What the service platform refuses is kept once, whoever met it."""

from datetime import timedelta

from tests.store.ledger import NOW
from utskick.domain.platform_refusals import SAME_OUTAGE, Outage
from utskick.store import SqlStore

CALLED = "CreateFormRequest"


def note(store: SqlStore, code: str = "VP007", *, after: timedelta = timedelta()) -> Outage:
    with store.transaction() as records:
        return records.platform_refusals.note(code, CALLED, now=NOW + after)


def end(store: SqlStore, outage: Outage, *, after: timedelta) -> None:
    with store.transaction() as records:
        records.platform_refusals.end([outage], now=NOW + after)


def current(store: SqlStore) -> list[Outage]:
    with store.transaction() as records:
        return records.platform_refusals.current()


def test_met_again_it_is_the_same(store: SqlStore) -> None:
    first = note(store)
    again = note(store, after=timedelta(days=2))

    assert first == again == Outage("VP007", CALLED, NOW)
    assert current(store) == [first]


def test_each_code_is_an_outage_of_its_own(store: SqlStore) -> None:
    later = note(store, "VP004", after=timedelta(minutes=1))
    first = note(store, "VP007")

    assert current(store) == [first, later]


def test_what_comes_back_soon_is_the_same_and_what_comes_much_later_is_not(
    store: SqlStore,
) -> None:
    first, minute = note(store), timedelta(minutes=1)
    end(store, first, after=minute)
    ended = current(store)
    soon = note(store, after=SAME_OUTAGE)
    end(store, soon, after=SAME_OUTAGE)

    later = note(store, after=2 * SAME_OUTAGE + minute)

    assert ended == []
    assert soon == first
    assert later.since == NOW + 2 * SAME_OUTAGE + minute


def test_what_is_about_all_that_we_call_has_one_beginning(store: SqlStore) -> None:
    first = note(store, "VP008")
    with store.transaction() as records:
        other = records.platform_refusals.note("VP008", "GetForms", now=NOW + timedelta(minutes=5))

    assert other.since == first.since == NOW

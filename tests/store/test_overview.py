"""Pågående Paketutskick: a page of the list, and what has been done with one of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.clinic import GAD, OTHER_UNIT, PHQ, STAFF, UNIT
from tests.people import ANNA, BO
from tests.store.ledger import NOW, a_dispatch, an_occasion, kept, under_way
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import DispatchKind, DispatchStatus
from utskick.domain.units import Activity, HsaId
from utskick.records import DispatchQuery, DispatchSorting, ListedDispatch, LogEntry
from utskick.store import SqlStore


def found(
    store: SqlStore, *, unit_id: HsaId = UNIT.id, **query: Any
) -> tuple[list[ListedDispatch], int]:
    with store.transaction() as records:
        listed, total = records.overview.page(unit_id, DispatchQuery(**query))
    return list(listed), total


def names(store: SqlStore, **query: Any) -> list[str]:
    return [each.dispatch.name for each in found(store, **query)[0]]


def test_each_form_of_each_dispatch_on_the_page_is_counted(store: SqlStore) -> None:
    under_way(store, a_dispatch(name="A", forms=(PHQ, GAD))).send(limit=1)
    kept(store, a_dispatch(name="B", created_at=NOW))

    (not_begun, begun), total = found(store)

    assert total == 2
    assert (not_begun.recipients, list(not_begun.forms), not_begun.by_state) == (2, [], {})
    assert [(form.form_name, form.planned) for form in begun.forms] == [("PHQ-9", 2), ("GAD-7", 2)]
    assert begun.by_state == {DeliveryState.SENT: 1, DeliveryState.PLANNED: 3}


def test_the_list_comes_in_pages_that_say_how_many_there_are_in_all(store: SqlStore) -> None:
    for number in range(5):
        kept(store, a_dispatch(name=f"{number}", created_at=NOW + timedelta(minutes=number)))

    assert names(store, per_page=2) == ["4", "3"]
    assert names(store, per_page=2, page=3) == ["0"]
    assert found(store, per_page=2, page=9) == ([], 5)


def test_the_next_occasion_comes_first_and_those_without_one_last(store: SqlStore) -> None:
    for name, days in (("late", 9), ("soon", 1)):
        occasion = an_occasion(sends_at=NOW + timedelta(days=days))
        kept(store, a_dispatch(name=name, occasions=(occasion,)))
    stopped = kept(store, a_dispatch(name="stopped", created_at=NOW)).dispatch
    with store.transaction() as records:
        records.dispatches.set_status(stopped.id, DispatchStatus.STOPPED, ended_at=NOW)

    assert names(store, order=DispatchSorting.NEXT) == ["soon", "late", "stopped"]


@pytest.mark.parametrize(
    ("query", "names_found"),
    [
        ({"text": "ÅRS"}, ["Årskontroll"]),
        ({"text": "inför"}, ["PHQ-9"]),
        ({"text": "%"}, []),
        ({"kind": DispatchKind.FORM}, ["PHQ-9"]),
        ({"status": DispatchStatus.STOPPED}, []),
        ({"unit_id": OTHER_UNIT.id}, []),
    ],
)
def test_the_list_is_narrowed_by_name_or_title_kind_and_status(
    store: SqlStore, query: dict[str, Any], names_found: list[str]
) -> None:
    kept(store, a_dispatch(name="Årskontroll", title="Ditt besök"))
    kept(store, a_dispatch(name="PHQ-9", title="Inför besök", kind=DispatchKind.FORM))

    assert names(store, **query) == names_found


def test_what_has_been_done_is_reported_once_for_all_it_was_about_and_reading_is_not(
    store: SqlStore,
) -> None:
    dispatch = kept(store).dispatch
    added = LogEntry(
        actor=STAFF,
        activity=Activity.WRITE,
        act="lagt till mottagare",
        personnummer=ANNA,
        dispatch_id=dispatch.id,
    )
    stopped = replace(added, act="stoppat utskick", personnummer=None)
    elsewhere = replace(stopped, dispatch_id=kept(store).dispatch.id)
    with store.transaction() as records:
        read = replace(added, activity=Activity.READ, act="visat")
        records.access_log.write([added, replace(added, personnummer=BO), read], now=NOW)
        records.access_log.write([stopped, elsewhere], now=NOW + timedelta(hours=1))

    with store.transaction() as records:
        done = records.access_log.done_with(dispatch)

    assert [(each.act, each.persons, each.actor) for each in done] == [
        ("lagt till mottagare", 2, STAFF.name),
        ("stoppat utskick", 0, STAFF.name),
    ]
    assert done[1].at - done[0].at == timedelta(hours=1)

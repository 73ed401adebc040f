"""Units, forms, subscriptions and packages, as each unit may see them."""

from dataclasses import replace
from datetime import time
from uuid import uuid4

import pytest

from tests.clinic import FOREIGN, FORMS, OTHER_UNIT, OWN, PACKAGE, PHQ, SHARED, UNIT, WEEKLY
from tests.store.ledger import NOW, a_dispatch, kept
from utskick.domain.dispatches import DispatchStatus
from utskick.domain.errors import NotFound
from utskick.domain.forms import FormTemplateId
from utskick.domain.units import HsaId, Unit
from utskick.store import SqlStore


def test_a_unit_comes_back_as_it_was(store: SqlStore) -> None:
    with store.transaction() as records:
        assert records.units.get(UNIT.id) == UNIT
        assert set(records.units.all()) == {UNIT, OTHER_UNIT}


def test_a_unit_is_renewed_by_its_id(store: SqlStore) -> None:
    renamed = Unit(UNIT.id, "Mottagningen", UNIT.phone)

    with store.transaction() as records:
        records.units.save([renamed])

    with store.transaction() as records:
        assert records.units.get(UNIT.id) == renamed


def test_a_unit_that_is_not_there_is_not_found(store: SqlStore) -> None:
    with store.transaction() as records, pytest.raises(NotFound):
        records.units.get(HsaId("SE2321000131-E0"))


def test_a_form_is_found_by_key_and_by_name(store: SqlStore) -> None:
    with store.transaction() as records:
        assert records.forms.find(PHQ.key) == PHQ
        assert records.forms.find(OWN.name) == OWN
        assert records.forms.find("finns inte") is None
        assert set(records.forms.all()) == set(FORMS)


def test_a_name_that_two_forms_share_finds_neither(store: SqlStore) -> None:
    namesake = replace(PHQ, id=FormTemplateId(uuid4()), key="phq-ny")
    with store.transaction() as records:
        records.forms.save([namesake])

    with store.transaction() as records:
        assert records.forms.find("PHQ-9") is None
        assert records.forms.find("phq-ny") == namesake


def test_access_comes_in_the_order_asked_for(store: SqlStore) -> None:
    wanted = [SHARED, PHQ, FOREIGN]

    with store.transaction() as records:
        access = records.forms.access(UNIT.id, [form.id for form in wanted])

    assert [a.form for a in access] == wanted
    assert [a.available for a in access] == [False, True, False]


def test_access_to_a_form_that_is_not_there_is_not_found(store: SqlStore) -> None:
    with store.transaction() as records, pytest.raises(NotFound):
        records.forms.access(UNIT.id, [PHQ.id, FormTemplateId(uuid4())])


def test_a_subscription_opens_a_shared_form_until_it_ends(store: SqlStore) -> None:
    def available() -> bool:
        with store.transaction() as records:
            return records.forms.access(UNIT.id, [SHARED.id])[0].available

    with store.transaction() as records:
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=True)
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=True)
    during = available()
    with store.transaction() as records:
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=False)

    assert during
    assert not available()


def test_ending_a_subscription_that_is_not_there_changes_nothing(store: SqlStore) -> None:
    with store.transaction() as records:
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=False)
        assert not records.forms.access(UNIT.id, [SHARED.id])[0].available


def test_another_units_own_forms_are_not_listed(store: SqlStore) -> None:
    with store.transaction() as records:
        listed = [access.form for access in records.forms.list_for(UNIT.id)]

    assert OWN in listed
    assert FOREIGN not in listed
    assert [form.name for form in listed] == sorted(form.name for form in listed)


def test_a_form_is_archived_and_taken_back(store: SqlStore) -> None:
    with store.transaction() as records:
        records.forms.save([replace(PHQ, archived_at=NOW)])
        archived = records.forms.find(PHQ.key)
    with store.transaction() as records:
        records.forms.save([replace(PHQ, archived_at=None)])

    assert archived is not None
    assert archived.archived_at == NOW
    with store.transaction() as records:
        assert records.forms.find(PHQ.key) == PHQ


def test_a_package_comes_back_as_it_was(store: SqlStore) -> None:
    with store.transaction() as records:
        assert records.packages.save(PACKAGE)
        assert records.packages.save(WEEKLY)

    with store.transaction() as records:
        assert records.packages.find(UNIT.id, PACKAGE.key) == PACKAGE
        assert records.packages.find(UNIT.id, WEEKLY.name) == WEEKLY
        assert records.packages.list_for(UNIT.id) == [PACKAGE, WEEKLY]


def test_another_units_package_is_not_found(store: SqlStore) -> None:
    with store.transaction() as records:
        records.packages.save(PACKAGE)

    with store.transaction() as records:
        assert records.packages.find(OTHER_UNIT.id, PACKAGE.key) is None
        assert records.packages.list_for(OTHER_UNIT.id) == []


def test_a_changed_package_becomes_a_new_version_and_an_unchanged_one_does_not(
    store: SqlStore,
) -> None:
    with store.transaction() as records:
        records.packages.save(WEEKLY)
        again = records.packages.save(WEEKLY)
        changed = records.packages.save(replace(WEEKLY, time=time(9)))

    with store.transaction() as records:
        newest = records.packages.find(UNIT.id, WEEKLY.key)
    assert (again, changed) == (False, True)
    assert newest == replace(WEEKLY, time=time(9), version=2)


def test_a_form_comes_back_by_its_id(store: SqlStore) -> None:
    with store.transaction() as records:
        assert records.forms.get(SHARED.id) == SHARED
        with pytest.raises(NotFound):
            records.forms.get(FormTemplateId(uuid4()))


def test_the_subscriptions_are_those_that_have_been_made(store: SqlStore) -> None:
    with store.transaction() as records:
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=True)

    with store.transaction() as records:
        assert records.forms.subscriptions([UNIT.id, OTHER_UNIT.id]) == {(UNIT.id, SHARED.id)}
        assert records.forms.subscriptions([OTHER_UNIT.id]) == set()
        assert records.forms.subscribers(SHARED.id) == {UNIT.id}
        assert records.forms.count_subscribers() == {SHARED.id: 1}


def test_a_form_is_in_use_by_the_dispatches_that_are_ongoing(store: SqlStore) -> None:
    kept(store, a_dispatch(forms=[PHQ, OWN]))
    kept(store, a_dispatch(forms=[PHQ]))
    kept(store, a_dispatch(forms=[PHQ], unit_id=OTHER_UNIT.id))
    stopped = kept(store, a_dispatch(forms=[PHQ])).dispatch
    with store.transaction() as records:
        records.dispatches.set_status(stopped.id, DispatchStatus.STOPPED, ended_at=NOW)

    with store.transaction() as records:
        assert records.forms.in_use(PHQ.id) == {UNIT.id: 2, OTHER_UNIT.id: 1}
        assert records.forms.in_use(OWN.id) == {UNIT.id: 1}
        assert records.forms.in_use(SHARED.id) == {}


def test_every_version_of_a_package_is_kept_newest_first(store: SqlStore) -> None:
    second = replace(WEEKLY, time=time(9), version=2)
    with store.transaction() as records:
        records.packages.save(WEEKLY)
        records.packages.save(PACKAGE)
        records.packages.save(second)

    with store.transaction() as records:
        assert records.packages.versions(WEEKLY.key) == [second, WEEKLY]
        assert records.packages.versions("finns-inte") == []
        assert records.packages.all() == [PACKAGE, second]

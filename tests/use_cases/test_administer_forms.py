"""Förvaltning, formulärmallar: what is archived or not offered any more blocks from our side."""

from uuid import uuid4

import pytest

from tests.access_log import Log
from tests.clinic import OTHER_UNIT, OWN, PACKAGE, PHQ, SHARED, UNIT, WEEKLY, Clinic
from tests.use_cases.test_administer_units import ADMINISTRATOR
from utskick.domain.dispatches import DispatchStatus
from utskick.domain.errors import NotFound, StartBlocked
from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId, NationalForm
from utskick.domain.units import Unit


def archive(clinic: Clinic, form: FormTemplate, *, archived: bool = True) -> None:
    clinic.administer_forms.archive_form(
        form.id, archived=archived, actor=ADMINISTRATOR, now=clinic.clock.now()
    )


def offer(clinic: Clinic, form: FormTemplate, *, to_others: bool) -> None:
    clinic.administer_forms.offer_form(
        form.id, to_others=to_others, actor=ADMINISTRATOR, now=clinic.clock.now()
    )


def link(clinic: Clinic, form: FormTemplate, unit: Unit) -> str:
    return clinic.administer_forms.make_form_link(
        form.id, unit.id, actor=ADMINISTRATOR, now=clinic.clock.now()
    )


async def test_an_archived_form_blocks_until_it_is_taken_back(clinic: Clinic, log: Log) -> None:
    archive(clinic, PHQ)
    archive(clinic, PHQ)
    with pytest.raises(StartBlocked) as blocked:
        await clinic.start()

    archive(clinic, PHQ, archived=False)
    await clinic.start()

    assert blocked.value.archived == (PHQ.name,)
    acts = [entry for entry in log() if "formulärmall" in entry]
    assert acts == [
        f"Skriva: arkiverat formulärmall {PHQ.key}",
        f"Skriva: tagit tillbaka formulärmall {PHQ.key}",
    ]


async def test_archiving_between_start_and_occasion_aborts_the_dispatch(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch

    archive(clinic, PHQ)
    await clinic.run(dispatch.occasions[0])

    assert clinic.dispatch(dispatch).status is DispatchStatus.ABORTED
    assert clinic.forms.forms == []


async def test_a_form_that_is_no_longer_shared_is_only_its_owners(
    clinic: Clinic, log: Log
) -> None:
    offer(clinic, SHARED, to_others=False)
    with pytest.raises(StartBlocked) as blocked:
        await clinic.start()

    offer(clinic, SHARED, to_others=True)
    await clinic.start()

    assert blocked.value.unsubscribed == (SHARED.name,)
    acts = [entry for entry in log() if "formulärmall" in entry]
    assert acts == [
        f"Skriva: slutat dela formulärmall {SHARED.key}",
        f"Skriva: delat formulärmall {SHARED.key}",
    ]


def test_sharing_what_is_shared_changes_nothing(clinic: Clinic, log: Log) -> None:
    offer(clinic, SHARED, to_others=True)

    assert log() == []


def test_a_national_form_is_nobodys_to_share(clinic: Clinic, log: Log) -> None:
    with pytest.raises(NationalForm):
        offer(clinic, PHQ, to_others=False)

    assert log() == []


async def test_a_form_shows_what_a_change_would_strike(clinic: Clinic) -> None:
    await clinic.start()
    await clinic.start(package=WEEKLY.key, start=None)

    phq = clinic.administer_forms.open_form_template(PHQ.id)
    shared = clinic.administer_forms.open_form_template(SHARED.id)

    assert phq.packages == [PACKAGE, WEEKLY]
    assert phq.in_use == {UNIT.id: 2}
    assert (phq.subscribers, shared.subscribers) == ([], [UNIT])


def test_the_register_has_every_form_with_its_owner_and_subscribers(clinic: Clinic) -> None:
    register = clinic.administer_forms.list_form_templates()

    assert [form.name for form in register.forms] == sorted(f.name for f in register.forms)
    assert {form.catalogue for form in register.forms} == set(Catalogue)
    assert register.units[UNIT.id] == UNIT
    assert register.subscribers == {SHARED.id: 1}


def test_a_form_that_is_not_there_cannot_be_changed(clinic: Clinic) -> None:
    nobody = FormTemplateId(uuid4())

    with pytest.raises(NotFound):
        clinic.administer_forms.open_form_template(nobody)
    with pytest.raises(NotFound):
        clinic.administer_forms.archive_form(
            nobody, archived=True, actor=ADMINISTRATOR, now=clinic.clock.now()
        )


def test_an_own_form_that_is_shared_can_be_subscribed_to(clinic: Clinic) -> None:
    offer(clinic, OWN, to_others=True)

    with clinic.store.transaction() as records:
        records.forms.subscribe(OTHER_UNIT.id, OWN.id, subscribed=True)
        (access,) = records.forms.access(OTHER_UNIT.id, [OWN.id])
    assert access.sendable


def test_a_link_to_a_form_is_made_for_any_unit_that_may_send_it(clinic: Clinic, log: Log) -> None:
    for unit in clinic.administer_forms.open_form_template(PHQ.id).senders:
        assert link(clinic, PHQ, unit).endswith(f"_{unit.id}")

    assert log() == [
        f"Skriva: skapat formulärlänk till {PHQ.key} för {unit.id}" for unit in (UNIT, OTHER_UNIT)
    ]


def test_no_link_is_made_for_a_unit_that_may_not_send_the_form(clinic: Clinic, log: Log) -> None:
    assert clinic.administer_forms.open_form_template(OWN.id).senders == [UNIT]

    with pytest.raises(StartBlocked):
        link(clinic, OWN, OTHER_UNIT)

    assert log() == []

"""Every day: forms that can no longer be sent are reported, before they hurt."""

from dataclasses import replace

import pytest

from tests.clinic import GAD, PACKAGE, PHQ, SHARED, UNIT, WEEKLY, Clinic
from tests.use_cases.clinic_days import AWAY, mails
from utskick.domain.packages import FORMS_DESK


async def watch(clinic: Clinic) -> int:
    return await clinic.watch_templates(now=clinic.clock.now())


async def test_while_all_can_be_sent_there_is_nothing_to_report(clinic: Clinic) -> None:
    await clinic.start()

    assert await watch(clinic) == 0
    assert mails(clinic) == []


async def test_an_archived_form_is_reported_with_the_dispatches_it_hits(clinic: Clinic) -> None:
    await clinic.start(error_addresses=["chef@vgregion.se"])
    await clinic.start(package=WEEKLY.key, start=None)
    clinic.forms.archived.add(PHQ.id)

    blocked = await watch(clinic)

    (mail,) = mails(clinic)
    assert blocked == 1
    assert mail.to == (FORMS_DESK, "chef@vgregion.se")
    assert mail.subject == f"Pågående utskick kommer att avbrytas: {UNIT.name}"
    assert "Arkiverade formulärmallar:\n- PHQ-9" in mail.body
    assert f"- {PACKAGE.name}\n- {WEEKLY.name}" in mail.body


async def test_each_change_is_reported_once(clinic: Clinic) -> None:
    await clinic.start()
    clinic.forms.archived.add(PHQ.id)
    await watch(clinic)
    clinic.forms.archived.add(GAD.id)
    clinic.clock.advance(86_400)

    await watch(clinic)
    await watch(clinic)

    assert [("PHQ-9" in mail.body, "GAD-7" in mail.body) for mail in mails(clinic)] == [
        (True, False),
        (False, True),
    ]


async def test_a_form_that_is_archived_a_second_time_is_reported_again(clinic: Clinic) -> None:
    await clinic.start()
    for _ in range(2):
        clinic.forms.archived.add(PHQ.id)
        await watch(clinic)
        await watch(clinic)
        clinic.forms.archived.clear()
        await watch(clinic)

    assert len(mails(clinic)) == 2


async def test_a_form_that_is_archived_anew_between_two_looks_is_reported_again(
    clinic: Clinic,
) -> None:
    await clinic.start()
    for _ in range(2):
        with clinic.store.transaction() as records:
            records.forms.save([replace(PHQ, archived_at=clinic.clock.now())])
        await watch(clinic)
        clinic.clock.advance(60)

    assert len(mails(clinic)) == 2


async def test_what_is_archived_in_both_registers_is_one_change(clinic: Clinic) -> None:
    await clinic.start()
    clinic.forms.archived.add(PHQ.id)
    await watch(clinic)
    with clinic.store.transaction() as records:
        records.forms.save([replace(PHQ, archived_at=clinic.clock.now())])
    await watch(clinic)
    clinic.forms.archived.clear()

    await watch(clinic)

    assert len(mails(clinic)) == 1


async def test_a_dispatch_started_since_is_reported_by_itself(clinic: Clinic) -> None:
    await clinic.start(error_addresses=["forst@vgregion.se"])
    clinic.forms.archived.add(PHQ.id)
    await watch(clinic)
    clinic.forms.archived.clear()
    await clinic.start(package=WEEKLY.key, start=None, error_addresses=["sedan@vgregion.se"])
    clinic.forms.archived.add(PHQ.id)

    await watch(clinic)

    assert {mail.to[1:] for mail in mails(clinic)} == {
        ("forst@vgregion.se",),
        ("sedan@vgregion.se",),
    }


async def test_an_ended_subscription_is_reported(clinic: Clinic) -> None:
    await clinic.start()
    with clinic.store.transaction() as records:
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=False)

    await watch(clinic)

    (mail,) = mails(clinic)
    assert f"saknar prenumeration:\n- {SHARED.name}" in mail.body


async def test_a_form_that_hits_no_ongoing_dispatch_is_nobodys_business(clinic: Clinic) -> None:
    clinic.stop((await clinic.start()).dispatch)
    clinic.forms.archived.add(PHQ.id)

    assert await watch(clinic) == 0
    assert mails(clinic) == []


async def test_without_the_form_service_nothing_can_be_shown(clinic: Clinic) -> None:
    await clinic.start()
    clinic.forms.fails_reading.append(AWAY)

    with pytest.raises(type(AWAY)):
        await watch(clinic)

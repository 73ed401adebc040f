"""A start blocked by its forms: nothing is stored, and the error addresses get a mail."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.clinic import FOREIGN, GAD, PACKAGE, PHQ, SHARED, UNIT, UNSUBSCRIBED, Clinic
from tests.use_cases.clinic_days import mails, nothing_has_happened
from utskick.domain.errors import StartBlocked
from utskick.domain.packages import FORMS_DESK


async def test_a_form_archived_in_our_register_blocks_the_start(clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        records.forms.save([replace(GAD, archived_at=clinic.clock.now())])

    with pytest.raises(StartBlocked) as caught:
        await clinic.start()

    assert (caught.value.archived, caught.value.unsubscribed) == (("GAD-7",), ())
    assert nothing_has_happened(clinic)


async def test_a_form_archived_in_the_form_service_blocks_the_start(clinic: Clinic) -> None:
    clinic.forms.archived.add(GAD.id)

    with pytest.raises(StartBlocked, match="1 archived"):
        await clinic.start()

    assert nothing_has_happened(clinic)


@pytest.mark.parametrize("form", [UNSUBSCRIBED, FOREIGN])
async def test_a_form_that_is_not_the_units_to_send_blocks_the_start(
    clinic: Clinic, form: Any
) -> None:
    with pytest.raises(StartBlocked) as caught:
        await clinic.start(forms=[PHQ.key, form.key])

    assert caught.value.unsubscribed == (form.name,)
    assert f"saknar prenumeration: {form.name}." in caught.value.staff_message
    assert nothing_has_happened(clinic)


async def test_a_subscription_that_has_ended_blocks_the_start(clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=False)

    with pytest.raises(StartBlocked) as caught:
        await clinic.start()

    assert caught.value.unsubscribed == (SHARED.name,)


async def test_a_blocked_start_is_reported_once_an_hour(clinic: Clinic) -> None:
    clinic.forms.archived.add(GAD.id)

    for _ in range(2):
        with pytest.raises(StartBlocked):
            await clinic.start(error_addresses=["chef@vgregion.se"])
        mails(clinic)
    (mail,) = clinic.mailer.sent
    clinic.clock.advance(3600)
    with pytest.raises(StartBlocked):
        await clinic.start()

    assert mail.to == (FORMS_DESK, "chef@vgregion.se")
    assert mail.subject == f"Paketutskick kunde inte startas: {PACKAGE.name}, {UNIT.name}"
    assert "- GAD-7" in mail.body
    assert len(mails(clinic)) == 2


async def test_nobody_waits_for_the_relay_when_a_start_is_blocked(clinic: Clinic) -> None:
    clinic.forms.archived.add(GAD.id)

    with pytest.raises(StartBlocked):
        await clinic.start()
    unsent = list(clinic.mailer.sent)

    assert unsent == []
    assert len(mails(clinic)) == 1


async def test_an_address_that_is_added_within_the_hour_gets_the_mail_too(clinic: Clinic) -> None:
    clinic.forms.archived.add(GAD.id)

    for address in ("chef@vgregion.se", "vikarie@vgregion.se"):
        with pytest.raises(StartBlocked):
            await clinic.start(error_addresses=[address])
        mails(clinic)

    takers = [taker for taker, _ in clinic.mailer.received]
    assert takers == [FORMS_DESK, "chef@vgregion.se", "vikarie@vgregion.se"]


async def test_what_blocks_next_is_shown_within_the_hour_too(clinic: Clinic) -> None:
    for form in (GAD, PHQ):
        clinic.forms.archived.add(form.id)
        with pytest.raises(StartBlocked):
            await clinic.start()
        clinic.clock.advance(1)

    assert ["PHQ-9" in mail.body for mail in mails(clinic)] == [False, True]


async def test_the_desk_gets_its_mail_though_the_unit_refuses_theirs(clinic: Clinic) -> None:
    clinic.forms.archived.add(GAD.id)
    clinic.mailer.refused.add("chef@vgregion.se")

    with pytest.raises(StartBlocked):
        await clinic.start(error_addresses=["chef@vgregion.se"])

    mails(clinic)
    assert [taker for taker, _ in clinic.mailer.received] == [FORMS_DESK]


async def test_a_package_with_the_longest_key_is_reported_too(
    clinic: Clinic, tmp_path: Path
) -> None:
    package = replace(PACKAGE, key="p" * 100, name="Ett annat paket")
    with clinic.store.transaction() as records:
        records.packages.save(package)
    clinic.forms.archived.add(GAD.id)

    with pytest.raises(StartBlocked):
        await clinic.start(package=package.name)

    (mail,) = mails(clinic)
    assert package.name in mail.subject
    with closing(sqlite3.connect(tmp_path / "utskick.db")) as connection:
        (kept,) = connection.execute("SELECT subject, cause FROM error_report")
    # PostgreSQL refuses what is longer.
    assert max(map(len, kept)) <= 100

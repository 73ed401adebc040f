"""Every night the ledger is held against the form service (I14)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.clinic import PHQ, UNIT, Clinic, a_clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import AWAY, mails, run_to_its_end
from utskick.domain.packages import FORMS_DESK
from utskick.ports import FormOrder
from utskick.store import SqlStore
from utskick.use_cases.compare_ledger import Compared

ANNAS_PHQ = FormOrder(
    unit_id=UNIT.id,
    personnummer=ANNA,
    template_id=PHQ.id,
    answer_by=date(2200, 1, 1),
    purge_after=date(2200, 1, 1),
)


@pytest.fixture
async def clinic(store: SqlStore) -> Clinic:
    """Tomorrow: PHQ-9 was sent to Anna and Bo today, by the database's clock (I13)."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    clinic = a_clinic(store, now=tomorrow.replace(hour=10))
    dispatch = (await clinic.send()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    # However often a run has slept meanwhile.
    clinic.clock.moment = tomorrow.replace(hour=10)
    return clinic


async def compared(clinic: Clinic) -> Compared:
    return await clinic.compare_ledger(now=clinic.clock.now())


async def test_where_nothing_differs_nobody_is_notified(clinic: Clinic) -> None:
    assert await compared(clinic) == Compared(persons=2, missing=0, extra=0)
    assert mails(clinic) == []


async def test_a_form_that_is_ours_and_not_there_is_missing(clinic: Clinic) -> None:
    del clinic.forms.forms[0]

    assert await compared(clinic) == Compared(persons=2, missing=1, extra=0)
    (mail,) = mails(clinic)
    assert mail.to == (FORMS_DESK,)
    assert mail.subject.startswith(f"Utskick och 1177 stämmer inte överens: {UNIT.name}")
    assert "Saknas i 1177: 1 formulär" in mail.body


async def test_a_form_that_is_there_and_nobodys_here_is_extra(clinic: Clinic) -> None:
    await clinic.forms.create_form(ANNAS_PHQ)

    assert await compared(clinic) == Compared(persons=2, missing=0, extra=1)
    (mail,) = mails(clinic)
    assert "Finns i 1177 men inte hos oss: 1 formulär" in mail.body
    assert not any(n.digits in mail.body or n.formatted in mail.body for n in (ANNA, BO))


async def test_a_form_that_the_platform_made_twice_is_named_by_its_ids(store: SqlStore) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=10)
    clinic = a_clinic(store, now=tomorrow, settle_s=60)
    clinic.forms.repeats.append(1)
    dispatch = (await clinic.send()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    with clinic.store.transaction() as records:
        owned = records.deliveries.owned([form.id for form in clinic.forms.forms])
    clinic.clock.moment = tomorrow

    assert await compared(clinic) == Compared(persons=2, missing=0, extra=1, twice=1)
    (mail,) = mails(clinic)
    second, ours = (form.id for form in clinic.forms.forms[:2])
    assert owned >= {ours}
    assert f"- vårt {ours}, det andra {second}\n" in mail.body
    assert "1 av dem är likadant som ett formulär som vi har skickat" in mail.body
    assert not any(n.digits in mail.body or n.formatted in mail.body for n in (ANNA, BO))


@pytest.mark.parametrize(
    "odd",
    [
        {"answer_by": None},
        {"purge_after": None},
        {"status": None},
        {"template_id": None},
    ],
    ids=str,
)
async def test_a_form_of_ours_that_is_odd_is_neither_missing_nor_extra(
    clinic: Clinic, odd: dict[str, None]
) -> None:
    clinic.forms.shows = lambda form: replace(form, **odd)

    assert await compared(clinic) == Compared(persons=2, missing=0, extra=0)


async def test_an_odd_form_of_somebody_elses_keeps_nothing_from_being_compared(
    clinic: Clinic,
) -> None:
    await clinic.forms.create_form(ANNAS_PHQ)
    theirs = clinic.forms.forms[-1].id
    del clinic.forms.forms[0]
    unreadable = {"id": None, "created_at": None, "created_at_latest": None}
    clinic.forms.shows = lambda form: replace(form, **unreadable) if form.id == theirs else form

    assert await compared(clinic) == Compared(persons=2, missing=1, extra=0)


async def test_the_same_difference_is_reported_once_a_day(clinic: Clinic) -> None:
    await clinic.forms.create_form(ANNAS_PHQ)
    await compared(clinic)
    await compared(clinic)
    same_day = len(mails(clinic))
    clinic.clock.advance(timedelta(hours=13).total_seconds())
    await compared(clinic)

    assert (same_day, len(mails(clinic))) == (1, 2)


async def test_older_sendings_are_not_looked_at(clinic: Clinic) -> None:
    clinic.clock.advance(timedelta(hours=49).total_seconds())

    assert (await compared(clinic)).persons == 0


async def test_without_the_form_service_nothing_can_be_compared(clinic: Clinic) -> None:
    clinic.forms.fails_reading.append(AWAY)

    with pytest.raises(type(AWAY)):
        await compared(clinic)

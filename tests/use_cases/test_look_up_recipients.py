from tests.access_log import Log
from tests.clinic import STAFF, Clinic
from tests.people import (
    ANNA,
    BO,
    DECEASED,
    PROTECTED,
    STRANGER,
    UNNOTIFIED,
    WITHOUT_ACCOUNT,
)
from utskick.domain.deliveries import Refusal
from utskick.domain.personnummer import Personnummer
from utskick.ports import PersonRecord, TemporaryFailure
from utskick.use_cases.look_up_recipients import LookedUp


async def looked_up(
    clinic: Clinic, *numbers: Personnummer, needs_account: bool = True
) -> list[LookedUp]:
    return await clinic.look_up_recipients(
        numbers, needs_account=needs_account, actor=STAFF, now=clinic.clock.now()
    )


async def test_each_is_shown_in_the_order_asked_for(clinic: Clinic) -> None:
    found = await looked_up(clinic, BO, PROTECTED, ANNA, STRANGER, DECEASED)

    assert [each.number for each in found] == [BO, PROTECTED, ANNA, STRANGER, DECEASED]
    assert [each.refusal for each in found] == [
        None,
        Refusal.PROTECTED,
        None,
        Refusal.UNKNOWN_PERSON,
        Refusal.DECEASED,
    ]
    assert all(each.reason and each.remedy for each in found if each.refusal)


async def test_an_odd_answer_about_one_person_is_about_that_person_alone(clinic: Clinic) -> None:
    clinic.persons.records[ANNA] = PersonRecord(changed_number=True)
    clinic.persons.records[BO] = PersonRecord(deregistered=True)

    anna, bo, silent = await looked_up(clinic, ANNA, BO, UNNOTIFIED)

    assert (anna.reason, anna.remedy) == (
        "Har fått ett nytt personnummer.",
        "Ta bort personen, och lägg till det nya numret när det står i journalsystemet.",
    )
    assert (bo.reason, bo.remedy) == (
        "Avregistrerad ur folkbokföringen.",
        "Ta bort personen ur mottagarlistan, och kontrollera uppgifterna i journalsystemet.",
    )
    assert silent.refusal is None


async def test_channels_are_shown_and_so_is_that_there_are_none(clinic: Clinic) -> None:
    anna, silent = await looked_up(clinic, ANNA, UNNOTIFIED)

    assert anna.notified_by == ("SMS", "Email")
    assert silent.notified_by == ()


async def test_an_account_is_needed_only_for_an_inbox_message(clinic: Clinic) -> None:
    [with_message] = await looked_up(clinic, WITHOUT_ACCOUNT)
    [without] = await looked_up(clinic, WITHOUT_ACCOUNT, needs_account=False)

    assert with_message.refusal is Refusal.NO_ACCOUNT
    assert without.refusal is None


async def test_while_the_population_register_is_away_nobody_could_be_checked(
    clinic: Clinic,
) -> None:
    clinic.persons.fails_reading.append(TemporaryFailure("away"))

    found = await looked_up(clinic, ANNA, PROTECTED)

    assert [(each.refusal, each.notified_by) for each in found] == [(None, None)] * 2


async def test_while_1177_is_away_protected_persons_are_refused_all_the_same(
    clinic: Clinic,
) -> None:
    clinic.inbox.fails_reading.extend([TemporaryFailure("away")] * 100)

    anna, protected = await looked_up(clinic, ANNA, PROTECTED)

    assert (anna.refusal, anna.notified_by) == (None, None)
    assert protected.refusal is Refusal.PROTECTED


async def test_everyone_asked_about_is_logged_once(clinic: Clinic, log: Log) -> None:
    await looked_up(clinic, ANNA, PROTECTED)

    assert log() == ["Läsa: kontrollerat mottagare (person)"] * 2

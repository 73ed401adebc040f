"""What does not hinder, but staff should know: the same for a package and a single form."""

from datetime import date, datetime
from typing import Any

import pytest
from stdnum import luhn

from tests.clinic import Clinic
from tests.people import ANNA, BO, UNNOTIFIED, WITHOUT_ACCOUNT
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.errors import SpecRefused
from utskick.domain.personnummer import Personnummer, parse_personnummer

EVENING = datetime(2027, 2, 1, 22, 14, tzinfo=STOCKHOLM)
DOORS = pytest.mark.parametrize("door", ["package", "form"])


def a_child(clinic: Clinic, day: str) -> Personnummer:
    """Who lives here, and whose guardian reads the inbox."""
    ten = f"{day[2:]}238"
    child = parse_personnummer(
        f"{day[:2]}{ten}{luhn.calc_check_digit(ten)}", today=date(2027, 2, 1)
    )
    clinic.persons.records[child] = clinic.persons.records[ANNA]
    clinic.inbox.users[child] = clinic.inbox.users[ANNA]
    return child


async def warnings(clinic: Clinic, door: str, *who: Personnummer, **changes: Any) -> Any:
    hand_in = clinic.start if door == "package" else clinic.send
    started = await hand_in(recipients=[each.digits for each in who], **changes)
    return started.warnings


@DOORS
async def test_nobody_is_advised_to_remove_anyone_when_no_message_is_made(
    clinic: Clinic, door: str
) -> None:
    said = await warnings(clinic, door, UNNOTIFIED, WITHOUT_ACCOUNT, creates_inbox_message=False)

    assert said == ()


@DOORS
async def test_a_child_that_turns_thirteen_is_reported(clinic: Clinic, door: str) -> None:
    child = a_child(clinic, "20140615")

    (said,) = await warnings(clinic, door, BO, child)
    in_time = await warnings(clinic, door, child, answer_by="2027-06-14")

    assert "1 mottagare (nummer 2 i listan) fyller 13 år senast" in said
    assert in_time == ()


async def test_a_form_sent_in_the_evening_is_warned_of(clinic: Clinic) -> None:
    clinic.clock.moment = EVENING

    (said,) = await warnings(clinic, "form", ANNA)
    quiet = await warnings(clinic, "form", ANNA, creates_inbox_message=False)

    assert said == (
        "Klockan är 22:14, och det är sent på dagen: mottagaren får en avisering nu."
        " Mellan 07:00 och 21:00 är lämpligt."
    )
    assert quiet == ()


async def test_an_hour_at_night_disturbs_nobody_without_a_message(clinic: Clinic) -> None:
    night = {"date": "2027-02-02", "time": "05:30"}

    assert await warnings(clinic, "package", ANNA, start=night, creates_inbox_message=False) == ()


@DOORS
@pytest.mark.parametrize("emptied", ["", " \n"])
async def test_an_emptied_message_is_refused_and_not_the_usual_one(
    clinic: Clinic, door: str, emptied: str
) -> None:
    with pytest.raises(SpecRefused) as caught:
        await warnings(clinic, door, ANNA, inbox_message=emptied)
    unread = await warnings(clinic, door, ANNA, inbox_message=emptied, creates_inbox_message=False)

    (problem,) = caught.value.problems
    assert str(problem).startswith("inbox_message: meddelandet är tomt. Skriv ett meddelande")
    assert unread == ()


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ({"date": "2027-02-08", "time": ""}, "klockslag saknas."),
        ({"date": " ", "time": "08:00"}, "datum saknas."),
    ],
)
async def test_an_emptied_moment_is_refused_though_the_package_has_a_preset(
    clinic: Clinic, start: dict[str, str], said: str
) -> None:
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(package="veckovis", start=start)

    assert [problem.reason for problem in caught.value.problems] == [said]


_MISSING_USE = (
    "Inkorgsmeddelandet säger inte hur svaren används. Till exempel: ”Svaren läses av den personal"
    " som du möter hos oss och används i din vård.”"
)
_MISSING_CONTACT = (
    "Inkorgsmeddelandet säger inte vart mottagaren vänder sig med frågor. Till exempel: ”Har du"
    " frågor är du välkommen att kontakta oss: {{ kontakt }}.”"
)


async def test_what_the_inbox_asks_of_a_message_is_a_warning_and_no_refusal(
    clinic: Clinic,
) -> None:
    started = await clinic.start(inbox_message="Hej! {{ enhet }} vill veta hur du mår.")

    assert [each for each in started.warnings if each.startswith("Inkorgsmeddelandet")] == [
        _MISSING_USE,
        _MISSING_CONTACT,
    ]


async def test_a_message_that_is_not_made_needs_no_advice(clinic: Clinic) -> None:
    started = await clinic.start(inbox_message="Hej!", creates_inbox_message=False)

    assert not [each for each in started.warnings if "Inkorgsmeddelandet" in each]

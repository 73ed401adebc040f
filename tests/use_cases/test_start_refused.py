"""What cannot be started: every fault in a sentence of its own, and nothing stored or sent."""

from typing import Any

import pytest

from tests.clinic import OTHER_STAFF, OTHER_UNIT, PHQ, WEEKLY, Clinic
from tests.people import ANNA, DECEASED, EMIGRATED, PROTECTED, STRANGER, WITHOUT_ACCOUNT
from tests.use_cases.clinic_days import nothing_has_happened
from utskick.domain.errors import SpecRefused


async def refused(clinic: Clinic, **changes: Any) -> list[str]:
    """What staff read, sentence by sentence."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(**changes)
    assert nothing_has_happened(clinic)
    assert ANNA.digits not in str(caught.value)
    return [str(problem) for problem in caught.value.problems]


_BAD = [
    pytest.param(
        {"recipients": [ANNA.digits, "199308282385"]},
        "recipients, rad 2 (1993••••-••••): Kontrollsiffran stämmer inte."
        " Kontrollera om någon siffra blivit fel.",
        id="a wrong personnummer",
    ),
    pytest.param(
        {"forms": [PHQ.key, "finns-inte"]},
        "forms, rad 2: formuläret finns inte. Kontrollera namnet mot listan över formulär.",
        id="an unknown form",
    ),
    pytest.param(
        {"start": {"date": "2027-01-31", "time": "08:00"}},
        "2027-01-31 08:00: tillfället har passerat. Välj en tid framåt.",
        id="a moment that has passed",
    ),
    pytest.param(
        {"start": {"date": "2027-02-02", "time": "25:00"}},
        "start: Klockslaget går inte att tolka. Ange det som HH:MM, till exempel 08:00.",
        id="an impossible time",
    ),
    pytest.param(
        {"start": {"date": "2027-02-30", "time": "08:00"}},
        "start: Datumet går inte att tolka. Ange det som ÅÅÅÅ-MM-DD, till exempel 2027-02-01.",
        id="an impossible date",
    ),
    pytest.param(
        {"start": {"date": "2027-03-28", "time": "02:30"}},
        "2027-03-28 02:30: Klockan 02:30 finns inte den 2027-03-28",
        id="a time that the clock skips",
    ),
    pytest.param(
        {"start": {"date": "2037-01-01", "time": "08:00"}},
        "2037-01-01 08:00: tillfället är mer än fem år bort. Kontrollera årtalet.",
        id="a wrong year",
    ),
    pytest.param(
        {"start": {"date": "2027-02-02"}},
        "start: klockslag saknas. Ange det som HH:MM.",
        id="no time",
    ),
    pytest.param(
        {"start": {"time": "08:00"}},
        "start: datum saknas. Ange det som ÅÅÅÅ-MM-DD.",
        id="no date",
    ),
    pytest.param(
        {"start": None, "occasions": []},
        "occasions: det finns inget tillfälle. Ange datum och klockslag.",
        id="no occasion",
    ),
    pytest.param(
        {"start": None, "occasions": [{"date": "2027-02-02", "time": "08:00"}] * 2},
        "2027-02-02 08:00: tillfället finns två gånger. Ta bort det ena.",
        id="an occasion twice",
    ),
    pytest.param(
        {"recipients": []},
        "recipients: Mottagarlistan är tom. Lägg till minst en mottagare.",
        id="an empty list",
    ),
    pytest.param(
        {"recipients": ["19121212-1212"] * 251},
        "recipients: Listan har 251 mottagare, men ett utskick kan ha högst 250.",
        id="too many recipients",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, ANNA.formatted]},
        "recipients, rad 2 (1991••••-••••): Personen finns redan på rad 1. Ta bort den ena raden.",
        id="a person twice",
    ),
    pytest.param(
        {"inbox_message": "Hej {{ namn }}!"},
        "inbox_message, rad 1: {{ namn }} går inte att använda i meddelandet. Använd {{ enhet }}",
        id="a mistyped placeholder",
    ),
    pytest.param(
        {"inbox_message": "{{ 'a' * 10 ** 9 }}"},
        "inbox_message, rad 1: {{ 'a' * 10 ** 9 }} går inte att använda i meddelandet.",
        id="a bomb",
    ),
    pytest.param(
        {"unit": "SE2321000131-E000000000999"},
        "unit: enheten finns inte, eller så får du inte skicka för den.",
        id="an unknown unit",
    ),
    pytest.param(
        {"unit": OTHER_UNIT.id},
        "unit: enheten finns inte, eller så får du inte skicka för den.",
        id="another unit",
    ),
    pytest.param(
        {"package": "finns-inte"},
        "package: paketutskicket finns inte för enheten.",
        id="an unknown package",
    ),
    pytest.param(
        {"title": f"Inför besök {ANNA.formatted}"},
        "title: texten innehåller något som liknar ett personnummer. Ta bort det.",
        id="a personnummer in the title",
    ),
    pytest.param(
        {"inbox_message": f"Hej {ANNA.digits}"},
        "inbox_message: texten innehåller något som liknar ett personnummer.",
        id="a personnummer in the message",
    ),
    pytest.param(
        {"form_banner": f"Om {ANNA.formatted}"},
        "form_banner: texten innehåller något som liknar ett personnummer.",
        id="a personnummer in the banner",
    ),
    pytest.param(
        {"answer_by": "2027-01-31"},
        "answer_by: besvaras senast ligger före det sista utskickstillfället.",
        id="answers wanted before the occasion",
    ),
    pytest.param(
        {"package": WEEKLY.key, "start": None, "answer_by": "2027-02-21"},
        "answer_by: besvaras senast ligger före det sista utskickstillfället.",
        id="answers wanted before the last occasion",
    ),
    pytest.param(
        {"answer_by": "2027-03-01", "purge_after": "2027-02-28"},
        "purge_after: gallras efter ligger före besvaras senast. Välj ett senare datum.",
        id="purged before answered",
    ),
    pytest.param(
        {"purge_after": "2027-01-31"},
        "purge_after: gallras efter har passerat. Välj ett senare datum.",
        id="purged before sent",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, PROTECTED.digits]},
        "recipients, rad 2 (1995••••-••••): Skyddad identitet."
        " Ta bort personen och använd en formulärlänk i stället.",
        id="a protected identity",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, DECEASED.digits]},
        "recipients, rad 2 (1996••••-••••): Avliden. Ta bort personen ur mottagarlistan.",
        id="a deceased person",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, EMIGRATED.digits]},
        "recipients, rad 2 (1996••••-••••): Utvandrad. Ta bort personen ur mottagarlistan.",
        id="an emigrated person",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, STRANGER.digits]},
        "recipients, rad 2 (1997••••-••••): Finns inte i befolkningsregistret."
        " Kontrollera personnumret.",
        id="an unknown person",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, WITHOUT_ACCOUNT.digits]},
        "recipients, rad 2 (1998••••-••••): Har inget konto på 1177. Be personen logga in",
        id="a person without an account",
    ),
]


@pytest.mark.parametrize(("changes", "said"), _BAD)
async def test_each_fault_is_shown_in_a_sentence_of_its_own(
    clinic: Clinic, changes: dict[str, Any], said: str
) -> None:
    (problem,) = await refused(clinic, **changes)

    assert problem.startswith(said)


async def test_all_faults_are_shown_at_once(clinic: Clinic) -> None:
    problems = await refused(
        clinic,
        unit=OTHER_UNIT.id,
        forms=["finns-inte"],
        recipients=["fel", "199308282385", ANNA.digits],
        start={"date": "2026-01-01", "time": "08:00"},
        inbox_message="{{ namn }}",
        title=ANNA.formatted,
    )

    places = [problem.partition(":")[0] for problem in problems]
    assert sorted(places) == [
        "2026-01-01 08",
        "forms, rad 1",
        "inbox_message, rad 1",
        "recipients, rad 1 (••••-••••)",
        "recipients, rad 2 (1993••••-••••)",
        "title",
        "unit",
    ]


async def test_another_units_package_is_as_unknown_as_one_that_is_not_there(
    clinic: Clinic,
) -> None:
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(actor=OTHER_STAFF, unit=OTHER_UNIT.id)

    (problem,) = caught.value.problems
    assert (problem.place, problem.reason) == (
        "package",
        "paketutskicket finns inte för enheten.",
    )


async def test_a_dispatch_to_nobody_is_refused(clinic: Clinic) -> None:
    (problem,) = await refused(clinic, recipients=[PROTECTED.digits], leave_out_unreachable=True)

    assert problem.startswith("recipients: ingen av mottagarna kan nås.")

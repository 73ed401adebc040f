"""What is read of the population register's answers, each person alone."""

from typing import Any

import pytest

from tests.adapters.answering import answering, served_by
from tests.people import ANNA, BO, COORDINATION_NUMBERS, TOLVAN
from tests.rivta.messages import an_answer
from utskick.adapters.rivta_persons import RivTaPersons
from utskick.domain.personnummer import Personnummer
from utskick.ports import PersonRecord, TemporaryFailure
from utskick.rivta.contracts import GET_PERSONS
from utskick.rivta.envelopes import read_request

YEAR = "<y:format>YYYY</y:format><y:value>2026</y:value>"
DEAD = f"<y:foundDeadAtDate>{YEAR}</y:foundDeadAtDate>"
ON = f"<y:deregistrationDate>{YEAR}</y:deregistrationDate>"
HOLDER = Personnummer(COORDINATION_NUMBERS[0])


def coded(code: str) -> str:
    return f"<y:deregistrationReasonCode>{code}</y:deregistrationReasonCode>"


def left(inside: str = "") -> str:
    return f"<y:deregistration>{inside}</y:deregistration>"


def a_person(
    number: Personnummer,
    more: str = "",
    *,
    protected: str = "false",
    test: str = "false",
    asked: Personnummer | None = None,
) -> str:
    return (
        f"<x:requestedPersonRecord><y:requestedPersonalIdentity><y:root>1</y:root>"
        f"<y:extension>{(asked or number).digits}</y:extension></y:requestedPersonalIdentity>"
        f"<y:personRecord><y:personalIdentity><y:root>1</y:root>"
        f"<y:extension>{number.digits}</y:extension></y:personalIdentity>"
        f"<y:protectedPersonIndicator>{protected}</y:protectedPersonIndicator>"
        f"<y:testIndicator>{test}</y:testIndicator>"
        f"{more}</y:personRecord></x:requestedPersonRecord>"
    )


def nobody(number: Personnummer) -> str:
    return (
        f"<x:requestedPersonRecord><y:requestedPersonalIdentity><y:root>1</y:root>"
        f"<y:extension>{number.digits}</y:extension></y:requestedPersonalIdentity>"
        f"</x:requestedPersonRecord>"
    )


async def looked_up(said: str, *numbers: Personnummer, **changes: Any) -> Any:
    async with answering(an_answer(GET_PERSONS, said)) as client:
        return await RivTaPersons(client, **changes).look_up(numbers)


NAMED = "<y:name><y:givenName>Anna</y:givenName><y:surname>Testsson</y:surname></y:name>"
NAMED_IN_PARTS = """<y:name>
  <y:givenName>
    <y:name>Anna</y:name>
  </y:givenName>
  <y:surname><y:name>Testsson</y:name></y:surname>
</y:name>"""
NAMED_TWICE = (
    "<y:name><y:surname>Ek</y:surname></y:name><y:name><y:surname>Al</y:surname></y:name>"
)
BOTH_MARKS = "<y:protectedPopulationRecord>true</y:protectedPopulationRecord>"


@pytest.mark.parametrize(
    ("record", "known"),
    [
        (a_person(ANNA), PersonRecord()),
        (a_person(ANNA, NAMED), PersonRecord(given_name="Anna", surname="Testsson")),
        (a_person(ANNA, NAMED_IN_PARTS), PersonRecord(given_name="Anna", surname="Testsson")),
        (a_person(ANNA, NAMED_TWICE), PersonRecord()),
        (a_person(ANNA, NAMED, protected="1"), PersonRecord(protected=True)),
        (a_person(ANNA, NAMED + BOTH_MARKS), PersonRecord(protected=True)),
        (a_person(ANNA, BOTH_MARKS.replace("true", "0")), PersonRecord()),
        (a_person(ANNA, left(coded("AV"))), PersonRecord(deceased=True)),
        (a_person(ANNA, left(DEAD)), PersonRecord(deceased=True)),
        (a_person(ANNA, left(coded("OB") + DEAD)), PersonRecord(deceased=True)),
        (a_person(ANNA, left(coded("UV"))), PersonRecord(emigrated=True)),
        (a_person(ANNA, left(coded("GN"))), PersonRecord(changed_number=True)),
        (a_person(ANNA, left(coded("OB"))), PersonRecord(deregistered=True)),
        (a_person(ANNA, left(coded("??"))), PersonRecord(deregistered=True)),
        (a_person(ANNA, left(ON)), PersonRecord(deregistered=True)),
        (a_person(ANNA, left()), PersonRecord()),
        (a_person(ANNA, left(coded(" ") + "<y:deregistrationDate/>")), PersonRecord()),
        (a_person(BO, asked=ANNA), PersonRecord(changed_number=True)),
        (nobody(ANNA), None),
        (a_person(ANNA, test="true"), PersonRecord()),
    ],
)
async def test_what_is_said_of_a_person_is_known(record: str, known: PersonRecord | None) -> None:
    assert await looked_up(record, ANNA) == {ANNA: known}


async def test_the_holder_of_a_coordination_number_who_has_died_is_known_to_be() -> None:
    died = f"<y:deceasedDate>{YEAR}</y:deceasedDate>"
    record = a_person(HOLDER, f"<y:coOrdinationNumberData>{died}</y:coOrdinationNumberData>")

    assert await looked_up(record, HOLDER) == {HOLDER: PersonRecord(deceased=True)}


async def test_test_persons_are_nobody_in_production() -> None:
    said = a_person(ANNA, test="true") + a_person(BO)

    found = await looked_up(said, ANNA, BO, test_persons=False)

    assert found == {ANNA: None, BO: PersonRecord()}


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "<x:requestedPersonRecord/>",
        a_person(ANNA) * 2,
        a_person(ANNA) + nobody(ANNA),
        a_person(ANNA, protected="kanske"),
        a_person(ANNA, protected=""),
        a_person(ANNA, test="x"),
        a_person(ANNA, left() * 2),
        a_person(ANNA, BOTH_MARKS.replace("true", "x")),
        a_person(ANNA, left("<y:foundDeadAtDate/>")),
    ],
)
async def test_an_odd_record_costs_that_person_only(odd: str) -> None:
    found = await looked_up(a_person(TOLVAN) + odd + a_person(BO), BO, ANNA, TOLVAN)

    assert found == {
        BO: PersonRecord(),
        ANNA: PersonRecord(unreadable=True),
        TOLVAN: PersonRecord(),
    }


async def test_an_answer_about_nobody_is_none() -> None:
    with pytest.raises(TemporaryFailure):
        await looked_up("", ANNA)


async def test_names_are_not_shown_by_a_record() -> None:
    found = await looked_up(a_person(ANNA, NAMED), ANNA)

    assert "Testsson" not in repr(found)


async def test_each_number_is_asked_for_by_its_kind_and_for_itself() -> None:
    asked: list[bytes] = []

    async def nothing(_writer: object) -> None:
        """Whatever is answered."""

    async with served_by(nothing, asked=asked) as client:
        with pytest.raises(TemporaryFailure):
            await RivTaPersons(client, profile="P2", batch=2).look_up([ANNA, HOLDER, BO])

    assert read_request(asked[0].partition(b"\r\n\r\n")[2]).fields == {
        "personId": [
            {"root": "1.2.752.129.2.1.3.1", "extension": ANNA.digits},
            {"root": "1.2.752.129.2.1.3.3", "extension": HOLDER.digits},
        ],
        "profile": "P2",
        "ignoreReferredIdentity": True,
    }

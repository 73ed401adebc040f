"""Samordningsnummer, where the setting accepts them: from the list to the inbox."""

from dataclasses import replace

import pytest

from tests.clinic import PHQ, Clinic
from tests.people import ANNA, COORDINATION_NUMBERS
from tests.use_cases.clinic_days import run_to_its_end
from utskick.domain.deliveries import FormStatus, Refusal
from utskick.domain.errors import SpecRefused
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxUser, PersonRecord

RECIPIENTS = [ANNA.digits, *COORDINATION_NUMBERS]
HOLDERS = [Personnummer(digits) for digits in COORDINATION_NUMBERS]


@pytest.fixture
def accepting(clinic: Clinic) -> Clinic:
    clinic.rules = replace(clinic.rules, accept_coordination_numbers=True)
    for holder in HOLDERS:
        clinic.persons.records[holder] = PersonRecord()
        clinic.inbox.users[holder] = InboxUser(active=True, notified_by=("SMS",))
    return clinic


async def test_they_are_called_what_they_are_where_they_are_not_accepted(clinic: Clinic) -> None:
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(recipients=RECIPIENTS)

    assert [problem.reason for problem in caught.value.problems] == [
        "Det är ett samordningsnummer, och med ett sådant går det inte att logga in på 1177."
    ] * len(HOLDERS)


async def test_a_holder_who_has_died_or_got_a_personnummer_gets_nothing(
    accepting: Clinic,
) -> None:
    died, changed, *others = HOLDERS
    dispatch = (await accepting.start(recipients=RECIPIENTS, forms=[PHQ.key])).dispatch
    accepting.persons.records[died] = PersonRecord(deceased=True)
    accepting.persons.records[changed] = PersonRecord(changed_number=True)

    closed = await run_to_its_end(accepting, dispatch.occasions[0])

    assert accepting.sent_to(died) == accepting.sent_to(changed) == []
    assert {number for number, _ in accepting.inbox.messages} == {ANNA, *others}
    (form,) = closed.forms
    assert form.refused_because == {Refusal.DECEASED: 1, Refusal.CHANGED_NUMBER: 1}


async def test_their_holders_get_their_forms_and_are_found_again(accepting: Clinic) -> None:
    dispatch = (await accepting.start(recipients=RECIPIENTS, forms=[PHQ.key])).dispatch
    await run_to_its_end(accepting, dispatch.occasions[0])

    assert all(accepting.sent_to(holder) == [PHQ] for holder in HOLDERS)
    assert {number for number, _ in accepting.inbox.messages} == {ANNA, *HOLDERS}
    (found,) = await accepting.followed_up(personnummer=HOLDERS[0])
    assert (found.personnummer, found.form_status) == (HOLDERS[0], FormStatus.ONGOING)

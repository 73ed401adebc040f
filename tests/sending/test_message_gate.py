"""Messages are left while the inbox answers, and no more once they are unclear in a row."""

import pytest

from tests.clinic import Clinic, a_clinic
from tests.people import ANNA
from tests.use_cases.clinic_days import AWAY
from utskick.domain.personnummer import Personnummer
from utskick.ports import PlatformRefusal
from utskick.sending.accounts import Accounts
from utskick.sending.message_gate import MessageGate
from utskick.sending.send_forms import as_it_is
from utskick.store import SqlStore

UNCLEAR_IN_A_ROW = 5


@pytest.fixture
def clinic(store: SqlStore) -> Clinic:
    return a_clinic(store, retry_delays_s=(10, 60, 3600))


@pytest.fixture
def gate(clinic: Clinic) -> MessageGate:
    accounts = Accounts(clinic.inbox, store=clinic.store, clock=clinic.clock, rules=clinic.rules)
    return MessageGate(accounts, clock=clinic.clock, rules=clinic.rules)


async def opens(gate: MessageGate) -> bool:
    async def first() -> Personnummer:
        return ANNA

    return await gate.opens(first, look_again=as_it_is)


async def test_the_inbox_is_asked_before_the_first_message_and_not_before_each(
    clinic: Clinic, gate: MessageGate
) -> None:
    opened = [await opens(gate) for _ in range(3)]

    assert (opened, clinic.inbox.asked) == ([True] * 3, [ANNA])


async def test_it_is_asked_again_when_its_answer_is_old(clinic: Clinic, gate: MessageGate) -> None:
    await opens(gate)
    clinic.clock.advance(600)

    await opens(gate)

    assert clinic.inbox.asked == [ANNA, ANNA]


async def test_no_message_is_left_while_it_answers_nothing_and_it_is_asked_ever_more_seldom(
    clinic: Clinic, gate: MessageGate
) -> None:
    clinic.inbox.fails_reading.extend([AWAY] * 2)

    waits = []
    while not await opens(gate):
        waits.append(gate.shut_s)
        clinic.clock.advance(gate.shut_s)

    assert (waits, len(clinic.inbox.asked)) == ([10, 60], 3)


async def test_a_platform_that_refuses_the_question_has_taken_our_certificate(
    clinic: Clinic, gate: MessageGate
) -> None:
    clinic.inbox.fails_reading.append(PlatformRefusal("VP007", contract="IsActiveUser"))

    assert await opens(gate)


async def test_unclear_messages_in_a_row_shut_it_until_a_question_has_been_answered(
    clinic: Clinic, gate: MessageGate
) -> None:
    await opens(gate)

    for _ in range(UNCLEAR_IN_A_ROW - 1):
        gate.note(unclear=True)
    before = gate.shut_s
    gate.note(unclear=True)

    assert (before, gate.shut_s) == (0, 10)
    assert not await opens(gate)
    clinic.clock.advance(10)
    assert await opens(gate)
    assert clinic.inbox.asked == [ANNA, ANNA]


async def test_after_that_one_message_is_tried_at_a_time_until_one_has_gone_well(
    clinic: Clinic, gate: MessageGate
) -> None:
    gate.note(unclear=True, for_all=True)
    clinic.clock.advance(10)

    few = gate.at_most(50)
    gate.note(unclear=True)
    longer = gate.shut_s
    clinic.clock.advance(longer)
    gate.note(unclear=False)

    assert (few, longer) == (1, 60)
    assert (gate.at_most(50), gate.shut_s) == (50, 0)


async def test_messages_that_go_well_between_them_keep_it_open(gate: MessageGate) -> None:
    for number in range(4 * UNCLEAR_IN_A_ROW):
        gate.note(unclear=number % UNCLEAR_IN_A_ROW != 0)

    assert gate.shut_s == 0


async def test_it_is_never_shut_for_long(clinic: Clinic, gate: MessageGate) -> None:
    for _ in range(9):
        gate.note(unclear=True, for_all=True)
        longest = gate.shut_s
        clinic.clock.advance(longest)

    assert longest == 600

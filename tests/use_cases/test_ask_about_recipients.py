"""Recipients about whom the inbox had not answered at the start are asked about after it."""

from tests.clinic import Clinic
from tests.people import ANNA, BO
from tests.store.ledger import kept
from tests.use_cases.clinic_days import AWAY
from tests.waiting import until
from utskick.domain.dispatches import Dispatch
from utskick.ports import InboxUser

KNOWN = ("SMS", "Email")


async def started_without_an_answer(clinic: Clinic) -> Dispatch:
    """By a process that has given up, or ended."""
    clinic.inbox.fails_reading.extend([AWAY] * 100)
    dispatch = (await clinic.start()).dispatch
    await until(lambda: not clinic.accounts.awaited([ANNA, BO]))
    clinic.inbox.fails_reading.clear()
    return dispatch


def notified_by(clinic: Clinic, dispatch: Dispatch) -> list[tuple[str, ...] | None]:
    return [each.notified_by for each in clinic.show(dispatch).recipients]


async def test_they_are_asked_about_in_the_background(clinic: Clinic) -> None:
    dispatch = await started_without_an_answer(clinic)
    before = notified_by(clinic, dispatch)

    count = await clinic.ask_about_recipients()
    await until(lambda: not clinic.accounts.awaited([ANNA, BO]))

    assert (before, count) == ([None, None], 2)
    assert notified_by(clinic, dispatch) == [KNOWN, KNOWN]
    assert await clinic.ask_about_recipients() == 0


async def test_an_answer_that_came_while_it_was_saved_is_passed_on_and_not_asked_for(
    clinic: Clinic,
) -> None:
    with clinic.store.transaction() as records:
        answer = InboxUser(active=True, notified_by=KNOWN)
        records.inbox_answers.keep({ANNA: answer, BO: answer}, now=clinic.clock.now())
    dispatch = kept(clinic.store, unchecked=(ANNA, BO)).dispatch

    await clinic.ask_about_recipients()

    assert clinic.inbox.asked == []
    assert notified_by(clinic, dispatch) == [KNOWN, KNOWN]


async def test_nobody_is_asked_about_for_what_has_been_stopped(clinic: Clinic) -> None:
    clinic.stop(await started_without_an_answer(clinic))

    assert await clinic.ask_about_recipients() == 0

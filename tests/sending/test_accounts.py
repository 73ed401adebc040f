"""Who has an account at 1177: asked within the budget, remembered, and not waited for."""

import asyncio
from datetime import timedelta

import pytest

from tests.clinic import Clinic, a_clinic
from tests.people import ANNA, BO, CILLA, DAVID, WITHOUT_ACCOUNT
from tests.use_cases.clinic_days import AWAY
from tests.waiting import until
from utskick.domain.inbox_budget import InboxBudget
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxUser, TemporaryFailure
from utskick.sending.accounts import Accounts
from utskick.store import SqlStore

Known = dict[Personnummer, InboxUser]
AN_HOUR = timedelta(hours=1)
NEVER = timedelta(0)


def accounts(clinic: Clinic) -> Accounts:
    """Of a process of its own."""
    return Accounts(clinic.inbox, store=clinic.store, clock=clinic.clock, rules=clinic.rules)


async def test_those_that_are_known_are_kept_when_others_fail(clinic: Clinic) -> None:
    shared = accounts(clinic)
    clinic.inbox.fails_reading.append(AWAY)
    known: Known = {}

    with pytest.raises(TemporaryFailure):
        await shared.learn([ANNA, BO, WITHOUT_ACCOUNT], known, within=NEVER)
    first = dict(known)
    await shared.learn([ANNA, BO, WITHOUT_ACCOUNT], known, within=NEVER)

    assert set(first) == {BO, WITHOUT_ACCOUNT}
    assert [known[each].active for each in (ANNA, BO, WITHOUT_ACCOUNT)] == [True, True, False]


async def test_questions_are_asked_at_the_inboxs_pace_and_take_from_its_one_budget(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, inbox_per_s=1)
    before = clinic.clock.now()

    await accounts(clinic).learn([ANNA, BO, CILLA, DAVID], {}, within=NEVER)

    # The queue's own clock has gone on a little meanwhile.
    assert 5 <= (clinic.clock.now() - before).total_seconds() <= 6
    with clinic.store.transaction() as records:
        budget = InboxBudget(per_s=1)
        place = records.budgets.reserve_inbox(budget, calls=1, messages=True)
        assert 3 < place.wait_s <= 4


async def test_what_has_been_said_lately_is_not_asked_for_again_by_any_process(
    clinic: Clinic,
) -> None:
    known: Known = {}

    await accounts(clinic).learn([ANNA, WITHOUT_ACCOUNT], {}, within=AN_HOUR)
    clinic.clock.advance(3599)
    await accounts(clinic).learn([ANNA, WITHOUT_ACCOUNT], known, within=AN_HOUR)

    assert clinic.inbox.asked == [ANNA, WITHOUT_ACCOUNT]
    assert known == {
        ANNA: InboxUser(active=True, notified_by=("SMS", "Email")),
        WITHOUT_ACCOUNT: InboxUser(active=False, notified_by=()),
    }


async def test_two_processes_that_ask_about_the_same_list_share_the_answers(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, inbox_per_s=1, inbox_fresh=AN_HOUR)
    everyone = [ANNA, BO, CILLA, DAVID, WITHOUT_ACCOUNT]
    page: Known = {}
    run: Known = {}

    await asyncio.gather(
        accounts(clinic).learn(everyone, page, within=AN_HOUR),
        accounts(clinic).learn(everyone, run, within=AN_HOUR),
    )

    assert page == run
    assert set(page) == set(everyone)
    assert len(clinic.inbox.asked) < 2 * len(everyone)


async def test_what_was_said_long_ago_is_asked_for_again(clinic: Clinic) -> None:
    known: Known = {}
    await accounts(clinic).learn([ANNA], {}, within=AN_HOUR)

    clinic.inbox.users[ANNA] = InboxUser(active=False, notified_by=())
    clinic.clock.advance(3601)
    await accounts(clinic).learn([ANNA], known, within=AN_HOUR)

    assert clinic.inbox.asked == [ANNA, ANNA]
    assert not known[ANNA].active


async def test_nobody_waits_for_a_list_that_takes_longer_than_a_moment(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, inbox_per_s=1)
    clinic.inbox.may_answer.clear()
    shared = accounts(clinic)

    known = await shared.learn_quickly([ANNA, BO, CILLA])

    assert known == {}
    assert shared.awaited([ANNA, BO, CILLA, DAVID]) == [ANNA, BO, CILLA]


async def test_nobody_waits_for_an_inbox_that_does_not_answer(store: SqlStore) -> None:
    clinic = a_clinic(store, inbox_patience_s=0.01)
    clinic.inbox.may_answer.clear()

    assert await accounts(clinic).learn_quickly([ANNA]) == {}


async def test_who_is_asked_about_in_the_background_becomes_known(store: SqlStore) -> None:
    clinic = a_clinic(store, inbox_per_s=1)
    shared = accounts(clinic)
    clinic.inbox.fails_reading.append(AWAY)

    await shared.learn_quickly([ANNA, BO])
    shared.learn_soon([ANNA, BO])
    await until(lambda: not shared.awaited([ANNA, BO]))

    assert set(await shared.known([ANNA, BO, CILLA], within=AN_HOUR)) == {ANNA, BO}


async def test_an_inbox_that_stays_away_is_given_up_on(clinic: Clinic) -> None:
    shared = accounts(clinic)
    clinic.inbox.fails_reading.extend([AWAY] * 100)

    shared.learn_soon([ANNA])
    await until(lambda: not shared.awaited([ANNA]))

    assert await shared.known([ANNA], within=AN_HOUR) == {}


async def test_how_long_a_list_takes_is_known_beside_the_others(store: SqlStore) -> None:
    clinic = a_clinic(store, inbox_per_s=1)
    shared = accounts(clinic)
    alone_s = shared.seconds_left([ANNA, BO])

    shared.learn_soon([ANNA, BO, CILLA])
    shared.learn_soon([DAVID])

    await until(lambda: shared.seconds_left([ANNA, BO]) == 3)
    assert alone_s == 2

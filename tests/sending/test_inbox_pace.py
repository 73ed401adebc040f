"""Occasions at the national pace of 1177's inbox, one call a second, in the world's own time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from stdnum import luhn

from tests.chaos.databases import Database
from tests.chaos.virtual import Worker, World, WorldClock
from tests.clinic import PHQ, Clinic, clinic_of
from tests.people import ANNA, BO
from tests.sending.worlds import in_a_world
from tests.use_cases.clinic_days import AWAY
from utskick.adapters.in_memory import InMemoryFormService, InMemoryInbox
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import Occasion
from utskick.domain.personnummer import Personnummer, parse_personnummer
from utskick.ports import InboxMessage, InboxUser

NATIONAL: dict[str, Any] = {
    "inbox_per_s": 1,
    "inbox_pause_s": 300,
    "inbox_fresh": timedelta(hours=1),
    "inbox_patience_s": 0,
    "lease_s": 1e6,
    "lead_for_each_other": timedelta(0),
}


class Timed(InMemoryInbox):
    """Notes when it is called, and whom messages are for. It may be away until a moment."""

    def __init__(self, clinic: Clinic, database: Database) -> None:
        super().__init__(clinic.inbox.users)
        self.database = database
        self.questions: list[datetime] = []
        self.left: dict[Personnummer, datetime] = {}
        self.away_until: datetime | None = None

    async def user(self, personnummer: Personnummer) -> InboxUser:
        self.questions.append(self.database.world.now)
        if self.away_until and self.database.world.now < self.away_until:
            raise AWAY
        return await super().user(personnummer)

    async def add_message(
        self, personnummer: Personnummer, message: InboxMessage, **how: Any
    ) -> None:
        await super().add_message(personnummer, message)
        self.left[personnummer] = self.database.world.now

    @property
    def most_in_a_second(self) -> int:
        calls = [*self.questions, *self.left.values()]
        return max(Counter(each.replace(microsecond=0) for each in calls).values())


@pytest.fixture(scope="module")
def database() -> Database:
    return Database("sqlite://")


def a_clinic_of(database: Database, **rules: Any) -> tuple[Clinic, Timed]:
    clinic = clinic_of(database.store, **NATIONAL | rules)
    world = World(clinic.clock.now())
    database.begin(world)
    inbox = Timed(clinic, database)
    forms = InMemoryFormService(clock=WorldClock(world), templates=clinic.forms.templates)
    return replace(clinic, inbox=inbox, forms=forms), inbox


def some_people(count: int, clinic: Clinic) -> list[Personnummer]:
    """Of the official test personnummer of 1890, with an account each."""
    days = (date(1890, 1, 1) + timedelta(days=n) for n in range(count))
    nines = [f"{day:%y%m%d}980" for day in days]
    people = [
        parse_personnummer(f"18{nine}{luhn.calc_check_digit(nine)}", today=date(2027, 2, 1))
        for nine in nines
    ]
    for each in people:
        clinic.persons.records[each] = clinic.persons.records[ANNA]
        clinic.inbox.users[each] = clinic.inbox.users[ANNA]
    return people


def started(clinic: Clinic, database: Database, people: Sequence[Personnummer]) -> Occasion:
    """A package for these people, in an hour, by a process that has ended since."""
    begun: list[Dispatch] = []

    async def start() -> None:
        numbers = [each.digits for each in people]
        begun.append((await clinic.start(recipients=numbers, forms=[PHQ.key])).dispatch)

    office = Worker(database.world, start())
    while not begun:
        database.world.advance(0.01)
        office.step()
    office.close()
    return clinic.dispatch(begun[0]).occasions[0]


def run_all(clinic: Clinic, database: Database, *occasions: Occasion, until: datetime) -> None:
    """Each in a process of its own, from when the scheduler starts it."""
    waiting = sorted(occasions, key=clinic.rules.starts_at)
    workers: list[Worker] = []
    world = database.world
    world.now = clinic.rules.starts_at(waiting[0])
    while world.now < until:
        while waiting and clinic.rules.starts_at(waiting[0]) <= world.now:
            run, _ = in_a_world(clinic, waiting.pop(0), world=world)
            workers.append(Worker(world, run.run()))
        world.advance(1)
        for worker in workers:
            worker.step()
    for worker in workers:
        worker.dead = True
        worker.close()


def on_time(clinic: Clinic, occasion: Occasion) -> int:
    """How many forms were made at the moment."""
    after = [form.created_at - occasion.sends_at for form in clinic.forms.forms]
    return sum(timedelta(0) <= each < timedelta(seconds=5) for each in after)


def dispatch_of(clinic: Clinic, occasion: Occasion) -> Dispatch:
    with clinic.store.transaction() as records:
        return records.dispatches.of_occasion(occasion.id)[0]


def test_all_are_asked_about_before_the_moment_and_all_forms_go_at_it(
    database: Database,
) -> None:
    clinic, inbox = a_clinic_of(database)
    people = some_people(12, clinic)
    occasion = started(clinic, database, people)

    run_all(clinic, database, occasion, until=occasion.sends_at + timedelta(seconds=25))

    assert len(inbox.questions) == 12
    assert max(inbox.questions) < occasion.sends_at
    assert on_time(clinic, occasion) == 12
    assert set(inbox.left) == set(people)
    assert inbox.most_in_a_second == 1


def test_a_short_list_is_not_held_up_by_a_long_one_of_the_same_minute(
    database: Database,
) -> None:
    clinic, inbox = a_clinic_of(database)
    long_list = started(clinic, database, some_people(12, clinic))
    short = started(clinic, database, [ANNA])
    at = short.sends_at

    run_all(clinic, database, long_list, short, until=at + timedelta(seconds=25))

    assert on_time(clinic, short) == 13
    assert inbox.left[ANNA] - at < timedelta(seconds=10)
    assert len(inbox.left) == 13
    assert inbox.most_in_a_second == 1


def test_whom_the_inbox_does_not_answer_about_gets_the_form_on_time(database: Database) -> None:
    clinic, inbox = a_clinic_of(database)
    occasion = started(clinic, database, [ANNA, BO])
    inbox.may_answer.clear()

    run_all(clinic, database, occasion, until=occasion.sends_at + timedelta(seconds=10))

    assert on_time(clinic, occasion) == 2
    assert not inbox.left
    [stored] = clinic.dispatch(dispatch_of(clinic, occasion)).occasions
    assert (stored.late, stored.unchecked_accounts) == (False, 2)


def test_an_inbox_that_is_away_at_the_moment_delays_no_form_and_is_not_given_messages(
    database: Database,
) -> None:
    clinic, inbox = a_clinic_of(database)
    occasion = started(clinic, database, [ANNA, BO])
    inbox.away_until = occasion.sends_at + timedelta(seconds=20)

    run_all(clinic, database, occasion, until=occasion.sends_at + timedelta(seconds=60))

    assert on_time(clinic, occasion) == 2
    assert set(inbox.left) == {ANNA, BO}
    assert min(inbox.left.values()) >= inbox.away_until


def test_messages_pause_after_a_batch_and_then_go_on(database: Database) -> None:
    clinic, inbox = a_clinic_of(database, inbox_batch=4)
    occasion = started(clinic, database, some_people(6, clinic))

    run_all(clinic, database, occasion, until=occasion.sends_at + timedelta(seconds=330))

    after_s = sorted((at - occasion.sends_at).total_seconds() for at in inbox.left.values())
    assert on_time(clinic, occasion) == 6
    assert len(after_s) == 6
    assert after_s[3] < 20
    assert after_s[4] - after_s[3] >= 300

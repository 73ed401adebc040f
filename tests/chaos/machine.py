"""Anything that can happen around the send protocol, in any order."""

import asyncio
import os
import random
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, TypeVar
from unittest.mock import patch
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy.exc import OperationalError

from tests.chaos.databases import Backup, Database
from tests.chaos.invariants import Watch, has_a_rest
from tests.chaos.registers import Registers
from tests.chaos.service import Fate, MessageBox, MessageFate, Service, Shown
from tests.chaos.virtual import (
    Strike,
    Trap,
    VirtualLoop,
    Worker,
    World,
    WorldClock,
    is_lock_timeout,
)
from tests.clinic import GAD, MONDAY_NOON, PACKAGE, PHQ, STAFF, UNIT
from tests.people import ANNA, BO, CILLA
from utskick.adapters.in_memory import InMemoryLogHeads, InMemoryMailer, InMemoryScheduler
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.domain.brakes import BrakeId, BrakeScope
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.dispatches import DispatchId, RecipientId, StandingId
from utskick.domain.errors import UtskickError
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.rules import Rules
from utskick.domain.specs import DispatchSpec
from utskick.domain.units import Actor, HsaId
from utskick.domain.visit_messages import VisitMessage, VisitStamp
from utskick.domain.visit_offsets import LateVisits, VisitOffset
from utskick.domain.visits import VisitState
from utskick.failpoints import Step, arm, disarm
from utskick.ports import PersonRecord
from utskick.sending.accounts import Accounts
from utskick.sending.call_slots import CallSlots
from utskick.sending.platform_watch import PlatformWatch
from utskick.sending.reconcile import reconcile
from utskick.sending.run_occasion import OccasionRun
from utskick.sending.shared import shared
from utskick.sending.watched_neighbours import WatchedFormService, WatchedInbox
from utskick.use_cases.change_visits import ChangeVisits
from utskick.use_cases.check_access_log import CheckAccessLog
from utskick.use_cases.compare_ledger import LOOKED_BACK, CompareLedger
from utskick.use_cases.copy_dispatch import CopyDispatch
from utskick.use_cases.decide_approval import DecideApproval
from utskick.use_cases.end_occasion import EndOccasion
from utskick.use_cases.mark_restored import MarkRestored
from utskick.use_cases.notify_recipients import NotifyRecipients
from utskick.use_cases.pull_brake import PullBrake
from utskick.use_cases.remove_recipient import RemoveRecipient
from utskick.use_cases.restart_dispatch import RestartDispatch
from utskick.use_cases.restore_recipient import RestoreRecipient
from utskick.use_cases.send_missed_occasion import SendMissedOccasion
from utskick.use_cases.standing_dispatches import StandingDispatches, StandingSpec
from utskick.use_cases.start_dispatch import StartDispatch
from utskick.use_cases.stop_dispatch import StopDispatch
from utskick.use_cases.ways_on import ByHand

T = TypeVar("T")

PEOPLE = (ANNA, BO, CILLA)
FORMS = (PHQ, GAD)
COLLEAGUE = Actor("SE2321000131-P000000000004", UNIT.id)
ADMINISTRATOR = Actor("SE2321000131-P000000000003", HsaId("SE2321000131-S000000000001"))
VISITORS = {"b1": ANNA, "b2": BO, "b3": ANNA}
"""Whose visit each reference is: somebody has two."""
BEFORE_VISITS = replace(
    PACKAGE,
    key="before-visits",
    name="Before visits",
    template_ids=tuple(form.id for form in FORMS),
    visit_offsets=(VisitOffset(1, time(12, 20)), VisitOffset(0, time(12, 20))),
    late_visits=LateVisits.NOW,
)
"""What comes a day before one visit may come at the same minute as another's day itself."""
RULES = Rules(
    # So long that what was asked at its beginning has grown old when the moment comes.
    lead=timedelta(minutes=10),
    lease_s=45,
    settle_s=60,
    retry_delays_s=(4, 20, 300),
    most_unclear_calls=3,
    forms_concurrency=2,
    inbox_concurrency=2,
    # As good as no limit: nobody waits for a turn in a world where time stands still.
    inbox_per_s=1e9,
    persons_per_s=1e9,
)
_READ_TIMEOUT_S = 20
_GRAIN_S = 20
"""No process sees more time go by at once than this, unless it is paused: the lease lasts it."""
_LONGEST_GRAIN_S = 40
_ROUNDS = 40
"""Of 40 s each: more than any delay there is."""
_PICK = st.integers(0, 11)
_ENDINGS = st.sampled_from([Fate.ANSWERED, *Fate])
_begun = precondition(lambda self: self.dispatches)


class SendProtocol(RuleBasedStateMachine):
    """Runs, deaths, faults and staff around one store."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        # What is random must be the same again when an example is repeated.
        self._chance = patch.object(os, "urandom", random.randbytes)
        self._chance.start()
        self.world = World(MONDAY_NOON)
        self.database.begin(self.world)
        self.store = self.database.store
        self.clock = WorldClock(self.world)
        self.persons = Registers(self.world, dict.fromkeys(PEOPLE, PersonRecord()))
        self.watch = Watch(self.world, self.database, RULES, self.persons)
        self.service = Service(
            self.world, [form.id for form in FORMS], self.watch.on_leaving, self.watch.is_awaited
        )
        self.watch.service = self.service
        self.inbox = self.watch.inbox = MessageBox(self.persons, self.watch.on_message_leaving)
        self._let_unit_be(withdrawn_at=None)
        self.scheduler = InMemoryScheduler()
        self.mailer = InMemoryMailer()
        self.texts = JinjaTexts()
        self.dispatches: list[DispatchId] = []
        self.workers: list[Worker] = []
        self.started = self.tries = 0
        self.backup: tuple[Backup, list[DispatchId]] | None = None
        self.clock_was_ahead = False
        self.standing_id: StandingId | None = None
        self.said = 0
        self.trap: Trap | None = None
        self._current: Worker | None = None
        self._office = VirtualLoop(self.world)
        arm(self._reached)

    # What staff do.

    @precondition(lambda self: len(self.dispatches) < 4)
    @rule(
        people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True),
        forms=st.lists(st.sampled_from(FORMS), min_size=1, max_size=2, unique=True),
        occasions=st.integers(1, 2),
        minutes=st.sampled_from([6, 60]),
        notifies=st.booleans(),
        two_persons=st.booleans(),
    )
    def staff_start(  # one for each thing that staff choose
        self,
        people: Any,
        forms: Any,
        occasions: int,
        minutes: int,
        *,
        notifies: bool,
        two_persons: bool,
    ) -> None:
        self.tries += 1
        held = two_persons and len(people) > 1
        soon = timedelta(minutes=15) if held else timedelta(seconds=2)
        first = (self.clock.now() + soon).astimezone(STOCKHOLM)
        moments = [first + timedelta(minutes=minutes * count) for count in range(occasions)]
        spec = DispatchSpec.model_validate(
            {
                "unit": UNIT.id,
                "package": PACKAGE.key,
                "occasions": [{"date": f"{m:%Y-%m-%d}", "time": f"{m:%H:%M:%S}"} for m in moments],
                "recipients": [person.digits for person in people],
                "forms": [form.key for form in forms],
                "creates_inbox_message": notifies,
                "inbox_message": f"Utskick {self.tries}, tillfälle {{{{ tillfalle }}}}.",
            }
        )
        started = self._at_once(
            self._start_dispatch(above=1 if two_persons else 0)(
                spec, actor=STAFF, submission_key=str(uuid4()), now=self.clock.now()
            )
        )
        if started is not None:
            self.dispatches.append(started.dispatch.id)
            if held:
                self.watch.unapproved.add(started.dispatch.id)
            self._pass_time(3)

    @precondition(lambda self: self.watch.unapproved)
    @rule(pick=_PICK)
    def colleague_approves(self, pick: int) -> None:
        dispatch_id = DispatchId(_nth(sorted(self.watch.unapproved), pick))
        approved = self._allowed(
            lambda: self._decide.approve_dispatch(
                dispatch_id, actor=COLLEAGUE, now=self.clock.now()
            )
        )
        if approved is not None:
            self.watch.unapproved.discard(dispatch_id)
            self._scheduler_starts()

    @precondition(lambda self: self.watch.unapproved)
    @rule(pick=_PICK, own=st.booleans())
    def somebody_says_no(self, pick: int, *, own: bool) -> None:
        """A colleague, or whoever started it: whatever comes after is in vain."""
        dispatch_id = DispatchId(_nth(sorted(self.watch.unapproved), pick))
        now = self.clock.now()
        if own:
            self._allowed(
                lambda: self._decide.withdraw_dispatch(dispatch_id, actor=STAFF, now=now)
            )
        else:
            self._allowed(
                lambda: self._decide.decline_dispatch(
                    dispatch_id, "Fel lista", actor=COLLEAGUE, now=now
                )
            )

    @_begun
    @rule(pick=_PICK)
    def staff_stop(self, pick: int) -> None:
        self._stop(_nth(self._every_dispatch, pick))

    @precondition(lambda self: self.watch.stopped)
    @rule(pick=_PICK)
    def staff_restart(self, pick: int) -> None:
        dispatch_id = DispatchId(_nth(list(self.watch.stopped), pick))
        self._allowed(
            lambda: RestartDispatch(store=self.store, scheduler=self.scheduler, rules=RULES)(
                dispatch_id, actor=STAFF, now=self.clock.now()
            )
        )
        self.watch.note_going_on(dispatch_id)

    @_begun
    @rule(pick=_PICK, whom=_PICK)
    def staff_remove(self, pick: int, whom: int) -> None:
        self._remove(_nth(self._every_dispatch, pick), whom)

    @precondition(lambda self: self.watch.removed)
    @rule(pick=_PICK)
    def staff_undo_a_removal(self, pick: int) -> None:
        """Ångra, which is refused once an occasion has begun."""
        recipient_id = _nth(list(self.watch.removed), pick)
        theirs = (r["dispatch_id"] for r in self.watch.recipients() if r["id"] == recipient_id)
        if (dispatch_id := next(theirs, None)) is None:
            return
        restoring = RestoreRecipient(store=self.store)
        self._allowed(
            lambda: restoring(
                DispatchId(dispatch_id),
                RecipientId(recipient_id),
                actor=STAFF,
                now=self.clock.now(),
            )
        )
        self.watch.note_undone(recipient_id)

    @precondition(lambda self: self.dispatches and len(self.dispatches) < 4)
    @rule(pick=_PICK)
    def staff_replace(self, pick: int) -> None:
        """Ersätt: what was to come of the old one is sent by the new one alone."""
        old = _nth(self.dispatches, pick)
        copying = CopyDispatch(store=self.store, rules=RULES)
        copied = self._allowed(lambda: copying.remaining(old, actor=STAFF, now=self.clock.now()))
        if copied is None or copied.follows is None:
            return
        to_come = [each["id"] for each in self._to_come(old)]
        self.tries += 1
        spec = DispatchSpec.model_validate(
            {
                "unit": UNIT.id,
                "package": PACKAGE.key,
                "occasions": [
                    {"date": f"{m.local.date}", "time": f"{m.local.time:%H:%M:%S}"}
                    for m in copied.moments
                ],
                "recipients": [each.personnummer.digits for each in copied.recipients],
                "forms": [form.key for form in copied.forms],
                "creates_inbox_message": copied.dispatch.creates_inbox_message,
                "inbox_message": f"Utskick {self.tries}, tillfälle {{{{ tillfalle }}}}.",
                "replaces": old,
                "replaces_as_seen": copied.follows.as_seen,
            }
        )
        started = self._at_once(
            self._start_dispatch(above=0)(
                spec, actor=STAFF, submission_key=str(uuid4()), now=self.clock.now()
            )
        )
        if started is not None:
            self.dispatches.append(started.dispatch.id)
            self.watch.note_stop(old)
            for occasion_id in to_come:
                self.watch.note_end(occasion_id)
            self._pass_time(3)

    def _to_come(self, dispatch_id: DispatchId) -> list[Any]:
        return [
            row
            for row in self.watch.occasions()
            if row["dispatch_id"] == dispatch_id and row["state"] == "planned"
        ]

    @_begun
    @rule(pick=_PICK)
    def staff_send_missed(self, pick: int) -> None:
        """Skicka det som är kvar. A stopped dispatch goes on by it."""
        if row := self._with_a_rest(pick):
            self._by_hand(SendMissedOccasion, row)
            self.watch.note_going_on(row["dispatch_id"])
            self._scheduler_starts()

    @_begun
    @rule(pick=_PICK)
    def staff_notify(self, pick: int) -> None:
        """Meddela dem som redan fått sina formulär."""
        if row := self._with_a_rest(pick):
            self._by_hand(NotifyRecipients, row)
            self._scheduler_starts()

    @_begun
    @rule(pick=_PICK)
    def staff_end(self, pick: int) -> None:
        """Avsluta."""
        if row := self._with_a_rest(pick):
            if self._by_hand(EndOccasion, row):
                self.watch.note_end(row["id"])
            self._scheduler_starts()

    # What booking systems and staff do with visits.

    @_begun
    @rule(
        reference=st.sampled_from(list(VISITORS)),
        days=st.integers(0, 2),
        hour=st.sampled_from([13, 22]),
        news=st.sampled_from([1, 1, 1, 0, -1]),
    )
    def visit_is_booked_or_moved(self, reference: str, days: int, hour: int, news: int) -> None:
        """Moved away and back, again after it was cancelled, and by messages that come late."""
        self._say(
            VisitMessage(
                reference=reference,
                personnummer=VISITORS[reference],
                day=MONDAY_NOON.date() + timedelta(days=days),
                at=time(hour, 30),
                stamp=self._stamp(news),
            )
        )

    @_begun
    @rule(reference=st.sampled_from(list(VISITORS)), news=st.sampled_from([1, 1, 0, -1]))
    def visit_is_cancelled(self, reference: str, news: int) -> None:
        cancelled = VisitState.CANCELLED
        self._say(VisitMessage(reference=reference, state=cancelled, stamp=self._stamp(news)))

    @precondition(lambda self: self.standing_id)
    @rule()
    def staff_stop_all_before_visits(self) -> None:
        ongoing = {row["id"] for row in self.watch.dispatches() if row["status"] == "ongoing"}
        theirs = ongoing & set(self.watch.of_visits())
        if self._allowed(lambda: self._on_standing(self._standing_dispatches.stop)) is not None:
            for dispatch_id in theirs:
                self.watch.note_stop(dispatch_id)

    @precondition(lambda self: self.standing_id)
    @rule()
    def staff_go_on_before_visits(self) -> None:
        self._allowed(lambda: self._on_standing(self._standing_dispatches.restart))
        self._scheduler_starts()

    # What the administration does.

    @precondition(lambda self: self.dispatches and len(self.watch.brakes) < 2)
    @rule(
        scope=st.sampled_from(
            [BrakeScope(), BrakeScope(unit_id=UNIT.id), BrakeScope(template_id=PHQ.id)]
        )
    )
    def administration_pulls_the_brake(self, scope: BrakeScope) -> None:
        self._pull(scope)

    @rule(looks=st.booleans())
    def package_looks_who_has_its_forms_or_not(self, looks: bool) -> None:
        with self.store.transaction() as records:
            records.packages.save(replace(PACKAGE, checks_already_has=looks))

    @precondition(lambda self: self.watch.brakes)
    @rule(pick=_PICK)
    def administration_releases_the_brake(self, pick: int) -> None:
        self._release(_nth(list(self.watch.brakes), pick))

    # What the machinery does.

    @_begun
    @rule(pick=_PICK)
    def run_an_occasion(self, pick: int) -> None:
        row = _nth(self.watch.occasions(), pick)
        self._run(OccasionId(row["id"]), row["version"])

    @_begun
    @rule(pick=_PICK)
    def operator_runs_an_occasion_early(self, pick: int) -> None:
        """Long before its schedule would: nothing is held, and it is sent as if nothing were."""
        soon = self.clock.now() + RULES.lead + timedelta(minutes=1)
        early = [
            row
            for row in self.watch.occasions()
            if (row["state"], row["version"]) == ("planned", 1) and row["sends_at"] > soon
        ]
        if early:
            self._run(OccasionId(_nth(early, pick)["id"]), 1)
            held = {row["id"]: row["run_token"] for row in self.watch.occasions()}
            assert held[_nth(early, pick)["id"]] is None, "held long before its moment"

    @_begun
    @rule()
    def reconciler_comes_by(self) -> None:
        self._reconcile()

    @_begun
    @rule(seconds=st.sampled_from([1, 5, 20, 50, 70, 120]))
    def time_passes(self, seconds: float) -> None:
        self._pass_time(seconds)

    @_begun
    @rule(hours=st.sampled_from([0.2, 2.2]))
    def much_time_passes(self, hours: float) -> None:
        self._pass_time(hours * 3600, grain_s=hours * 1200)

    @_begun
    @rule(hours=st.sampled_from([-2, -0.5, 0.5, 2]))
    def wall_clock_jumps(self, hours: float) -> None:
        self.world.wall_error = timedelta(hours=hours) - self.world.wall_error / 2
        self.clock_was_ahead |= self.world.wall_error > timedelta(0)
        self._go_on()

    @precondition(lambda self: self.dispatches and self.backup is None)
    @rule()
    def backup_is_taken(self) -> None:
        self.backup = self.database.back_up(), list(self.dispatches)

    @precondition(lambda self: self.backup and not self.clock_was_ahead)
    @rule()
    def backup_is_put_back(self) -> None:
        """Everything is stopped, and nothing starts before it is marked. An occasion that a clock
        ahead of time has sent is still to come for the backup: nobody can know of it."""
        assert self.backup is not None
        (copy, self.dispatches), self.backup = self.backup, None
        for worker in self._alive:
            worker.dead = True
        self.world.wall_error = timedelta(0)
        self.database.restore(copy)
        self.watch.note_restore()
        self.scheduler = InMemoryScheduler()
        self.started = 0
        log = CheckAccessLog(store=self.store, log_heads=InMemoryLogHeads(), rules=RULES)
        MarkRestored(store=self.store, check_access_log=log, rules=RULES)(now=self.clock.now())
        with self.store.transaction() as records:
            standings = records.visits.standings(UNIT.id)
        self.standing_id = standings[0].id if standings else None

    # What becomes of calls.

    @_begun
    @rule()
    def connecting_takes_time_or_not(self) -> None:
        self.service.connects = not self.service.connects

    @precondition(lambda self: self.service.connecting)
    @rule(opens=st.lists(st.sampled_from([True, True, True, False]), min_size=1, max_size=4))
    def connections_open(self, opens: list[bool]) -> None:
        for call, opened in zip(self.service.connecting, opens, strict=False):
            self.service.open_door(call, opens=opened)
        self._go_on()

    @precondition(lambda self: self.service.undecided)
    @rule(fates=st.lists(_ENDINGS, min_size=1, max_size=4))
    def service_decides(self, fates: list[Fate]) -> None:
        for call, fate in zip(self.service.undecided, fates, strict=False):
            self.service.decide(call, fate)
        self._go_on()

    @precondition(lambda self: self.service.connecting or self.service.undecided)
    @rule()
    def all_goes_well_for_a_while(self) -> None:
        for _ in range(6):
            for call in self.service.connecting:
                self.service.open_door(call)
            self._go_on()
            for call in self.service.undecided:
                self.service.decide(call, Fate.ANSWERED)
            self._go_on()

    @precondition(lambda self: self.service.undecided)
    @rule(pick=_PICK)
    def late_call_is_applied(self, pick: int) -> None:
        self.service.apply(_nth(self.service.undecided, pick))

    @_begun
    @rule(fates=st.lists(st.sampled_from(MessageFate), min_size=1, max_size=3))
    def inbox_will_be_unwell(self, fates: list[MessageFate]) -> None:
        self.inbox.fates += fates

    @_begun
    @rule(form=st.sampled_from(FORMS))
    def template_is_archived_or_published(self, form: Any) -> None:
        self.service.archived ^= {form.id}

    @rule(
        person=st.sampled_from(PEOPLE),
        record=st.sampled_from(
            [
                PersonRecord(),
                PersonRecord(protected=True),
                PersonRecord(deceased=True),
                PersonRecord(emigrated=True),
                None,
            ]
        ),
    )
    def register_says_something_else_of_somebody(self, person: Any, record: Any) -> None:
        self.persons.records[person] = record

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_leaves_or_joins_1177(self, person: Any) -> None:
        self.persons.without_account ^= {person}

    @_begun
    @rule()
    def unit_is_withdrawn_or_brought_back(self) -> None:
        self._let_unit_be(withdrawn_at=None if self.unit_is_withdrawn else self.clock.now())

    @_begun
    @rule()
    def reading_back_fails_or_works_again(self) -> None:
        self.service.readable = not self.service.readable

    @_begun
    @rule()
    def platform_forwards_no_reading_or_does_again(self) -> None:
        self.service.forwards = not self.service.forwards

    @_begun
    @rule(person=st.sampled_from(PEOPLE))
    def no_answer_is_clear_for_somebody_ever_again(self, person: Any) -> None:
        self.service.never_clear_for |= {person}

    @_begun
    @rule(shown=st.sampled_from(Shown))
    def engine_will_change_what_it_keeps(self, shown: Shown) -> None:
        self.service.shows = shown

    # What becomes of processes.

    @precondition(lambda self: self._alive)
    @rule(pick=_PICK)
    def process_is_killed(self, pick: int) -> None:
        _nth(self._alive, pick).dead = True

    @precondition(lambda self: self._alive)
    @rule(pick=_PICK)
    def process_is_paused(self, pick: int) -> None:
        _nth(self._alive, pick).paused = True

    @precondition(lambda self: any(worker.paused for worker in self._alive))
    @rule()
    def paused_processes_go_on(self) -> None:
        for worker in self._alive:
            worker.paused = False
        self._go_on()

    @_begun
    @rule(
        when=st.sampled_from(["before", "after"]),
        step=st.sampled_from(
            [Step.CLAIM, Step.PLAN, Step.INTENT, Step.OUTCOME, Step.MESSAGE_INTENT, Step.CLOSE]
        ),
        strike=st.sampled_from([Strike.KILL, Strike.PAUSE, Strike.CUT]),
    )
    def something_lies_in_wait(self, when: str, step: Step, strike: Strike) -> None:
        if strike is Strike.PAUSE:
            when = "after"
        self.trap = Trap(f"{when} {step}", strike)

    @precondition(lambda self: self.database.has_locks and self.dispatches)
    @rule(
        step=st.sampled_from([Step.INTENT, Step.PLAN]),
        deed=st.sampled_from(["stop", "remove", "brake", "move", "cancel", "others"]),
        pick=_PICK,
        whom=_PICK,
    )
    def something_happens_meanwhile(self, step: Step, deed: str, pick: int, whom: int) -> None:
        """In the middle of a transaction: SQLite has only one at a time."""
        dispatch_id = _nth(self._every_dispatch, pick)
        deeds: dict[str, Callable[[], None]] = {
            "move": lambda: self.visit_is_booked_or_moved(_nth(list(VISITORS), whom), 2, 22, 1),
            "cancel": lambda: self.visit_is_cancelled(_nth(list(VISITORS), whom), 1),
            "stop": lambda: self._stop(dispatch_id),
            "remove": lambda: self._remove(dispatch_id, whom),
            "brake": lambda: self._pull(BrakeScope()),
            "others": self._others_go_on,
        }
        self.trap = Trap(f"before {step}", Strike.MEANWHILE, deeds[deed])

    @invariant()
    def the_protocol_holds(self) -> None:
        self.watch.after_step()

    def teardown(self) -> None:
        try:
            self._heal()
            self.watch.after_step()
        finally:
            disarm()
            for worker in self.workers:
                worker.dead = True
                worker.close()
            self._office.close()
            self._chance.stop()

    @property
    def _alive(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.running]

    @property
    def _decide(self) -> DecideApproval:
        return DecideApproval(store=self.store, scheduler=self.scheduler, rules=RULES)

    def _start_dispatch(self, *, above: int) -> StartDispatch:
        """With more recipients than `above` a colleague has to approve it."""
        return StartDispatch(
            store=self.store,
            forms=self.service,
            persons=self.persons,
            accounts=Accounts(self.inbox, store=self.store, clock=self.clock, rules=RULES),
            scheduler=self.scheduler,
            texts=self.texts,
            clock=self.clock,
            rules=replace(RULES, approval_above=above),
        )

    @property
    def _every_dispatch(self) -> list[DispatchId]:
        return [*self.dispatches, *map(DispatchId, self.watch.of_visits())]

    @property
    def _standing_dispatches(self) -> StandingDispatches:
        return StandingDispatches(
            store=self.store,
            forms=self.service,
            scheduler=self.scheduler,
            texts=self.texts,
            clock=self.clock,
            rules=RULES,
        )

    def _on_standing(self, deed: Callable[..., T]) -> T:
        return deed(self.standing_id, actor=STAFF, now=self.clock.now())

    def _stamp(self, news: int) -> VisitStamp:
        """Newer than all before, as new as the newest, or older."""
        self.said += max(0, news)
        return VisitStamp(sequence=max(0, self.said + min(0, news)))

    def _say(self, message: VisitMessage) -> None:
        if self.standing_id is None:
            self._start_standing()
        change_visits = ChangeVisits(
            store=self.store,
            persons=self.persons,
            scheduler=self.scheduler,
            clock=self.clock,
            rules=RULES,
        )
        self._at_once(change_visits([message], actor=STAFF, now=self.clock.now()))
        self._scheduler_starts()

    def _start_standing(self) -> None:
        with self.store.transaction() as records:
            records.packages.save(BEFORE_VISITS)
        spec = StandingSpec(unit=UNIT.id, package=BEFORE_VISITS.key)
        started = self._at_once(
            self._standing_dispatches.start(spec, actor=STAFF, now=self.clock.now())
        )
        self.standing_id = started.id if started else None

    def _run(self, occasion_id: OccasionId, version: int) -> None:
        forms, inbox = self._watched()
        run = OccasionRun(
            occasion_id=occasion_id,
            version=version,
            token=RunToken(uuid4()),
            store=self.store,
            forms=forms,
            inbox=inbox,
            persons=self.persons,
            mailer=self.mailer,
            texts=self.texts,
            clock=self.clock,
            rules=RULES,
            shared=shared(
                store=self.store,
                forms=forms,
                persons=self.persons,
                inbox=inbox,
                clock=self.clock,
                rules=RULES,
                templates=self.service,
            ),
        )
        worker = Worker(self.world, run.run())
        self.workers.append(worker)
        if self.unit_is_withdrawn:
            self.watch.of_withdrawn_unit.add(worker.loop)
        self._step(worker)

    def _watched(self) -> tuple[WatchedFormService, WatchedInbox]:
        """As each process has them."""
        watch = PlatformWatch(store=self.store, clock=self.clock, rules=RULES)
        return WatchedFormService(self.service, watch), WatchedInbox(self.inbox, watch)

    def _let_unit_be(self, *, withdrawn_at: datetime | None) -> None:
        self.unit_is_withdrawn = withdrawn_at is not None
        self.watch.of_withdrawn_unit.clear()
        with self.store.transaction() as records:
            records.units.save([replace(UNIT, withdrawn_at=withdrawn_at)])

    def _scheduler_starts(self) -> None:
        self.scheduler.pass_time(now=self.clock.now())
        for run in self.scheduler.runs[self.started :]:
            self.started += 1
            self._run(run.occasion_id, run.version)

    def _reconcile(self) -> None:
        forms, _inbox = self._watched()
        self._at_once(
            reconcile(
                store=self.store,
                forms=forms,
                call_slots=CallSlots(RULES),
                scheduler=self.scheduler,
                rules=RULES,
                now=self.clock.now(),
            )
        )
        self._scheduler_starts()

    def _with_a_rest(self, pick: int) -> Any:
        found = [row for row in self.watch.occasions() if has_a_rest(row)]
        return _nth(found, pick) if found else None

    def _by_hand(self, way: Callable[..., ByHand], occasion: Any) -> bool:
        """Whether the product let staff do it. Its run is still to be started."""
        by_hand = way(store=self.store, scheduler=self.scheduler, rules=RULES)
        done = self._allowed(
            lambda: by_hand(OccasionId(occasion["id"]), actor=STAFF, now=self.clock.now())
        )
        return done is not None

    def _stop(self, dispatch_id: DispatchId) -> None:
        stopped = self._allowed(
            lambda: StopDispatch(
                store=self.store, scheduler=self.scheduler, clock=self.clock, rules=RULES
            )(dispatch_id, actor=STAFF, now=self.clock.now())
        )
        if stopped is not None:
            self.watch.note_stop(dispatch_id)

    def _pull(self, scope: BrakeScope) -> None:
        pulled = self._allowed(
            lambda: self._brake.pull(
                scope, "Fel i formuläret", actor=ADMINISTRATOR, now=self.clock.now()
            )
        )
        if pulled is not None:
            self.watch.note_brake(pulled.brake)

    def _release(self, brake_id: BrakeId) -> None:
        released = self._allowed(
            lambda: self._brake.release(brake_id, actor=ADMINISTRATOR, now=self.clock.now())
        )
        if released is not None:
            self.watch.note_release(brake_id)
            self._scheduler_starts()

    @property
    def _brake(self) -> PullBrake:
        return PullBrake(store=self.store, scheduler=self.scheduler, clock=self.clock, rules=RULES)

    def _remove(self, dispatch_id: DispatchId, whom: int) -> None:
        theirs = [r["id"] for r in self.watch.recipients() if r["dispatch_id"] == dispatch_id]
        if not theirs:
            # All of its visits have been moved or cancelled.
            return
        recipient_id = RecipientId(_nth(theirs, whom))
        removed = self._allowed(
            lambda: RemoveRecipient(store=self.store, clock=self.clock, rules=RULES)(
                dispatch_id, recipient_id, actor=STAFF, now=self.clock.now()
            )
        )
        if removed is not None:
            self.watch.note_removal(recipient_id)

    def _pass_time(self, seconds: float, *, grain_s: float = _GRAIN_S) -> None:
        while seconds > 0:
            self.world.advance(min(seconds, grain_s))
            seconds -= grain_s
            self._note_who_stands_still(grain_s)
            self.service.time_out(read_timeout_s=_READ_TIMEOUT_S)
            self._scheduler_starts()
            self._go_on()

    def _note_who_stands_still(self, grain_s: float) -> None:
        all_do = grain_s > _LONGEST_GRAIN_S
        self.persons.inattentive |= {w.loop for w in self._alive if w.paused or all_do}
        self.persons.inattentive |= {call.loop for call in self.service.connecting}

    def _go_on(self) -> None:
        for worker in self._alive:
            self._step(worker)

    def _others_go_on(self) -> None:
        for worker in self._alive:
            if worker is not self._current:
                self._step(worker)

    def _step(self, worker: Worker) -> None:
        """Also from within another process, at one of its steps."""
        outer, self._current = self._current, worker
        outer_loop = asyncio._get_running_loop()  # noqa: SLF001  # loops cannot be nested otherwise
        asyncio._set_running_loop(None)  # noqa: SLF001
        try:
            worker.step()
        finally:
            self._current = outer
            asyncio._set_running_loop(outer_loop)  # noqa: SLF001

    def _reached(self, point: str) -> None:
        if self._current and self.trap and self.trap.point == point:
            trap, self.trap = self.trap, None
            self._current.meet(trap)

    def _at_once(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What is over before anything else happens; `None` if the product refuses it."""
        return self._allowed(lambda: self._office.run_until_complete(work))

    def _allowed(self, deed: Callable[[], T]) -> T | None:
        try:
            return deed()
        except UtskickError:
            return None
        except OperationalError as error:
            if not is_lock_timeout(error):
                raise
            return None

    def _heal(self) -> None:
        """All faults are over; the product alone must bring everything to its end."""
        self.trap = None
        self.world.wall_error = timedelta(0)
        self.service.heal()
        self.watch.note_calm()
        self.inbox.heal()
        self._let_unit_be(withdrawn_at=None)
        # Also those that a backup has brought back.
        for brake, _hit in self._brake.list_brakes().pulled:
            self._release(brake.id)
        for worker in self._alive:
            worker.paused = False
        self._go_on()
        self._come_to_an_end()
        # Whoever has got some of their forms is notified when staff say so, and can always be.
        for row in self.watch.with_unnotified():
            assert self._by_hand(NotifyRecipients, row), "no way on for those who have forms"
        self._come_to_an_end()
        assert not self.watch.with_unnotified(), "forms, and never a message"
        self.watch.after_all(unreadable=self.service.was_unreadable)
        if self.watch.restored_at is None:
            compared = self._at_once(
                CompareLedger(store=self.store, forms=self.service, rules=RULES)(
                    now=self.world.now
                )
            )
            assert compared is not None
            since = self.world.now - LOOKED_BACK
            assert (compared.missing, compared.extra) == self.watch.differences(since=since)
            assert compared.twice >= self.watch.seconds(since=since), "a second form is hidden"

    def _come_to_an_end(self) -> None:
        for _ in range(_ROUNDS):
            self._reconcile()
            self._wait_for_the_next_occasion()
            self._pass_time(_LONGEST_GRAIN_S)
            self.watch.after_step()
            if not self._alive and not self.watch.unended():
                break

    def _wait_for_the_next_occasion(self) -> None:
        """The wall clock jumps to its moment: that is quicker than to let the time pass."""
        now = self.clock.now()
        waits = [
            row["sends_at"] - now - (timedelta(0) if row["state"] == "running" else RULES.lead)
            for row in self.watch.occasions()
            if row["state"] in ("planned", "running")
        ]
        if ahead := [wait for wait in waits if wait > timedelta(0)]:
            self.world.wall_error += min(ahead)


def _nth(items: Any, number: int) -> Any:
    return items[number % len(items)]

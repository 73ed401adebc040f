"""What must be true after every step, read from the tables and held against the truth.

The numbers are those of the protocol's invariants. The tables are read as they are, past the
product's repositories; what was sent is known from the service alone.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select

from tests.chaos.databases import Database
from tests.chaos.registers import Registers
from tests.chaos.service import Call, MessageBox, Service, Shown
from tests.chaos.virtual import World
from tests.chaos.watched_visits import WatchedVisits
from utskick.domain.brakes import Brake, BrakeId, BrakeScope
from utskick.domain.deliveries import Refusal
from utskick.domain.dispatches import DispatchId
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.ports import InboxMessage
from utskick.store.tables import (
    DeliveryRow,
    DispatchFormRow,
    DispatchRow,
    InboxMessageRow,
    OccasionRow,
    PackageTemplateRow,
    RecipientRow,
    VisitSendRow,
)

_OPEN = ("sending", "unknown")
_UNSETTLED = (*_OPEN, "manual")
_CLOCK_TICK = timedelta(milliseconds=2)
"""SQLite's clock is no finer."""


@dataclass(slots=True)
class Watch:
    """An observer with a memory. `restored_at` is when the database was last set back."""

    world: World
    database: Database
    rules: Rules
    registers: Registers
    service: Service = field(init=False)
    inbox: MessageBox = field(init=False)
    restored_at: datetime | None = None
    visits: WatchedVisits = field(default_factory=WatchedVisits)
    stopped: dict[UUID, dict[UUID, int]] = field(default_factory=dict)
    ended: dict[UUID, dict[UUID, int]] = field(default_factory=dict)
    removed: dict[UUID, dict[UUID, int]] = field(default_factory=dict)
    of_withdrawn_unit: set[asyncio.AbstractEventLoop] = field(default_factory=set)
    brakes: dict[BrakeId, BrakeScope] = field(default_factory=dict)
    unapproved: set[UUID] = field(default_factory=set)
    _pulled_at_s: dict[BrakeId, float] = field(default_factory=dict)
    _removed_at_s: dict[UUID, float] = field(default_factory=dict)
    _stopped_at_s: dict[UUID, float] = field(default_factory=dict)
    _calls_before_calm: int | None = None
    _wrong: list[AssertionError] = field(default_factory=list)
    _before: dict[UUID, RowMapping] = field(default_factory=dict)
    _order: dict[UUID, int] = field(default_factory=dict)

    def deliveries(self) -> Sequence[RowMapping]:
        return self._rows(DeliveryRow)

    def occasions(self) -> Sequence[RowMapping]:
        return self._in_order(self._rows(OccasionRow), "sends_at")

    def dispatches(self) -> Sequence[RowMapping]:
        return self._rows(DispatchRow)

    def recipients(self) -> Sequence[RowMapping]:
        return self._in_order(self._rows(RecipientRow), "position")

    def note_stop(self, dispatch_id: UUID) -> None:
        """From now on nothing more of the dispatch is begun, until it is restarted."""
        self.stopped[dispatch_id] = {
            row["id"]: row["attempt"]
            for row in self.deliveries()
            if row["dispatch_id"] == dispatch_id
        }
        self._stopped_at_s[dispatch_id] = self.world.elapsed_s

    def note_going_on(self, dispatch_id: UUID) -> None:
        """To be asked when staff have let it go on, and before anything is sent by that."""
        by_id = {row["id"]: row["status"] for row in self.dispatches()}
        # One before visits is gone when all of its visits have been moved or cancelled.
        if by_id.get(dispatch_id, "ongoing") == "ongoing":
            self.stopped.pop(dispatch_id, None)

    def note_brake(self, brake: Brake) -> None:
        """From now on nothing leaves of what it is on, neither forms nor messages."""
        self.brakes[brake.id] = brake.scope
        self._pulled_at_s[brake.id] = self.world.elapsed_s

    def note_release(self, brake_id: BrakeId) -> None:
        self.brakes.pop(brake_id, None)

    def note_end(self, occasion_id: UUID) -> None:
        """From now on nothing more of the occasion is begun, ever."""
        self.ended[occasion_id] = {
            row["id"]: row["attempt"]
            for row in self.deliveries()
            if row["occasion_id"] == occasion_id
        }

    def with_unnotified(self) -> Sequence[RowMapping]:
        """Occasions that were stopped or ended, with people who have forms and no message."""
        sent = {
            (row["occasion_id"], row["recipient_id"])
            for row in self.deliveries()
            if row["state"] == "sent"
        }
        unnotified = {
            row["occasion_id"]
            for row in self._rows(InboxMessageRow)
            if row["state"] == "planned" and (row["occasion_id"], row["recipient_id"]) in sent
        }
        return [
            row
            for row in self.occasions()
            if row["id"] in unnotified and row["state"] in ("done", "stopped", "ended")
        ]

    def note_removal(self, recipient_id: UUID) -> None:
        """From now on nothing more is begun for the recipient."""
        self.removed[recipient_id] = {
            row["id"]: row["attempt"]
            for row in self.deliveries()
            if row["recipient_id"] == recipient_id
        }
        self._removed_at_s[recipient_id] = self.world.elapsed_s

    def note_undone(self, recipient_id: UUID) -> None:
        """To be asked when staff have undone a removal, and before anything is sent by that."""
        by_id = {row["id"]: row["state"] for row in self.recipients()}
        if by_id.get(recipient_id, "active") == "active":
            self.removed.pop(recipient_id, None)

    def note_restore(self) -> None:
        """What was done since the backup is forgotten; staff must do it again."""
        self.restored_at = self.world.now
        self.stopped.clear()
        self.ended.clear()
        self.removed.clear()
        self.brakes.clear()
        self.visits.forget()
        self._before.clear()
        self.unapproved = {row["id"] for row in self.dispatches() if row["status"] == "awaiting"}

    def note_calm(self) -> None:
        """From now on nobody dies, and no fault but a lasting one is left."""
        self._calls_before_calm = len(self.service.calls)

    def on_leaving(self, call: Call) -> None:
        """Look at a call in the moment when its bytes leave. What is wrong is raised at the step.

        The product takes whatever a call raises for an unknown outcome, and would swallow it.
        """
        self._note_wrong(lambda: self._look_at(call))

    def on_message_leaving(self, number: Personnummer, message: InboxMessage) -> str:
        """As `on_leaving`, for a message; says which, as all those before visits read alike."""
        loop = asyncio.get_running_loop()
        self._note_wrong(lambda: self.registers.look_at(number, loop=loop, needs_account=True))
        of = {r["dispatch_id"] for r in self.deliveries() if r["form_id"] in message.forms}
        for dispatch_id in of:
            self._note_wrong(partial(self._no_brake_has_been_answered, dispatch_id))
            self._note_wrong(partial(self._somebody_has_approved, dispatch_id))
        return " ".join(sorted(map(str, of & set(self.of_visits()))))

    def of_visits(self) -> list[UUID]:
        """The dispatches before visits, by their moments."""
        theirs = {row["id"] for row in self.dispatches() if row["kind"] == "visit"}
        return [row["dispatch_id"] for row in self.occasions() if row["dispatch_id"] in theirs]

    def is_awaited(self, call: Call) -> bool:
        """Whether nobody else can have taken the call's delivery over."""
        (row,) = [row for row in self.deliveries() if row["id"] == call.delivery_id]
        same_attempt = (row["state"], row["attempt"]) == ("sending", call.attempt)
        return same_attempt and bool(row["lease_until"] > self.world.now)

    def after_step(self) -> None:
        if self._wrong:
            raise self._wrong[0]
        rows = self.deliveries()
        self._each_is_planned_once(rows)
        self._no_key_has_two_open(rows)
        self._nothing_is_made_twice()
        self._nobody_is_notified_twice()
        self._what_is_sent_is_its_own(rows)
        self._nothing_is_begun_after_a_stop(rows)
        self._nothing_is_begun_after_a_removal(rows)
        self._nothing_is_begun_after_an_end(rows)
        self._nothing_is_settled_too_early(rows)
        self._what_has_ended_stays_ended(rows)
        self.visits.after_step(self._rows(VisitSendRow), rows)
        self._before = {row["id"]: row for row in rows}

    def unended(self) -> list[str]:
        """What has not come to its end yet, though it can."""
        ongoing = {row["id"] for row in self.dispatches() if row["status"] == "ongoing"}
        return [
            *("dispatch" for row in self.dispatches() if row["status"] == "awaiting"),
            *(f"delivery {row['state']}" for row in self.deliveries() if row["state"] in _OPEN),
            *(
                f"occasion {row['state']} {row['sends_at']}"
                for row in self.occasions()
                if row["state"] == "running"
                or (
                    row["state"] == "planned"
                    and (row["dispatch_id"] in ongoing or row["aim"] != "send")
                )
            ),
        ]

    def after_all(self, *, unreadable: bool) -> None:
        """When all faults are over and nothing moves any more."""
        assert not (unended := self.unended()), f"never ended: {unended}"
        rows = self.deliveries()
        self._each_was_sent_or_it_is_said_why_not(rows, unreadable=unreadable)
        self._nobody_was_forgotten(rows)
        self._every_form_is_somebodys(rows)
        self._every_dispatch_has_ended()
        self._nothing_went_round()

    def differences(self, *, since: datetime) -> tuple[int, int]:
        """What the nightly comparison must find: ours that are not given back, and others."""
        all_rows = {row["id"]: row for row in self.deliveries()}
        rows = [
            row
            for row in all_rows.values()
            if any(at and at >= since for at in (row["sent_at"], row["first_intent_at"]))
        ]
        owned = {row["form_id"] for row in rows if row["form_id"]}
        known = {form_id for form_id in owned if self.service.shown[form_id] is not Shown.NO_ID}
        people = {row["person_id"] for row in rows}
        others = Counter(
            all_rows[made.delivery_id]["person_id"]
            for made in self.service.made
            if made.id not in known
            and made.created_at.replace(microsecond=0) >= since
            and self.service.shown[made.id] is not Shown.NO_TIME
        )
        unsettled = Counter(row["person_id"] for row in rows if row["state"] in _UNSETTLED)
        missed = others - unsettled
        return len(owned - known), sum(missed[person] for person in people)

    def seconds(self, *, since: datetime) -> int:
        """Of what was sent, the forms that the platform made once more and that can be read."""
        rows = {row["id"]: row for row in self.deliveries()}
        owned = {row["form_id"] for row in rows.values()}
        of = {made.id: made.delivery_id for made in self.service.made}
        return sum(
            of.get(rows[made.delivery_id]["form_id"]) == made.delivery_id
            and made.id not in owned
            and made.created_at.replace(microsecond=0) >= since
            and self.service.shown[made.id] not in (Shown.NO_ID, Shown.NO_TIME)
            for made in self.service.made
        )

    def _each_was_sent_or_it_is_said_why_not(
        self, rows: Sequence[RowMapping], *, unreadable: bool
    ) -> None:
        """Sent is made once, not sent is not made, and only a missed or stopped one is left."""
        occasions = {row["id"]: row for row in self.occasions()}
        dispatches = {row["id"]: row for row in self.dispatches()}
        made = Counter(call.delivery_id for call in self.service.calls if call.form)
        refused = {call.delivery_id for call in self.service.calls if call.refused}
        unclear = Counter(call.delivery_id for call in self.service.calls if call.unclear)
        for row in rows:
            if row["state"] == "manual":
                because = unreadable or self.restored_at or self._was_refused(row)
                because = because or unclear[row["id"]] >= self.rules.most_unclear_calls
                assert because or self._forms_look_alike(row, rows), "uncertain without a reason"
                continue
            if row["refusal"] == Refusal.ALREADY_HAS and self.restored_at is None:
                assert self._others_sent(row), "left out, and has nothing"
            if row["refusal"] == Refusal.REFUSED_BY_1177:
                assert row["id"] in refused, "refused by nobody"
            if self.restored_at is None and not self._has_anothers_second(row):
                assert made[row["id"]] == (row["state"] == "sent"), f"{row['state']} and made"
            if row["state"] == "planned":
                occasion = occasions[row["occasion_id"]]["state"]
                status = dispatches[row["dispatch_id"]]["status"]
                waits = occasion in ("missed", "stopped")
                assert waits or status != "completed", "left in a done occasion"
                assert waits or occasion in ("planned", "blocked"), f"left in {occasion}"

    def _nobody_was_forgotten(self, rows: Sequence[RowMapping]) -> None:
        """A done occasion has a delivery for each of the dispatch's recipients and forms."""
        planned = {(row["occasion_id"], row["recipient_id"]) for row in rows}
        for occasion in self.occasions():
            for recipient in self.recipients():
                if (
                    occasion["state"] == "done"
                    and recipient["state"] == "active"
                    and recipient["dispatch_id"] == occasion["dispatch_id"]
                ):
                    assert (occasion["id"], recipient["id"]) in planned, "forgotten"

    def _every_form_is_somebodys(self, rows: Sequence[RowMapping]) -> None:
        """I14: nothing extra, unless the database has forgotten why it was sent."""
        if self.restored_at is None:
            known = {row["form_id"] for row in rows if row["state"] == "sent"}
            uncertain = {row["id"] for row in rows if row["state"] == "manual"}
            for made in self.service.made:
                second = made.delivery_id in self._made_twice
                assert made.id in known or made.delivery_id in uncertain or second, "nobody's form"

    def _every_dispatch_has_ended(self) -> None:
        """I12: whoever died, others have brought it to its end."""
        for dispatch in self.dispatches():
            assert dispatch["status"] not in ("ongoing", "awaiting"), "never ended"

    def _nothing_went_round(self) -> None:
        """A fault that repeats for the same delivery is left to staff, not tried for ever."""
        calls = self.service.calls[self._calls_before_calm :]
        tried = Counter(call.delivery_id for call in calls if call.left_at is not None)
        most = max(tried.values(), default=0)
        assert most <= self.rules.most_unclear_calls, f"tried {most} times"

    def _note_wrong(self, look: Callable[[], None]) -> None:
        try:
            look()
        except AssertionError as wrong:
            self._wrong.append(wrong)

    def _look_at(self, call: Call) -> None:
        (row,) = [row for row in self.deliveries() if row["id"] == call.delivery_id]
        self._its_intent_is_committed(call, row)
        self._it_is_within_its_deadline(row)
        self._no_more_are_under_way_than_allowed(call)
        self._it_has_waited_as_long_as_it_was_asked_to(call)
        self._whatever_was_sent_before_has_been_settled(call)
        self._its_recipient_may_get_it(call, row)
        self._its_unit_has_not_been_withdrawn_before_the_run(call)
        self._a_stop_has_not_been_answered(row)
        self._a_removal_has_not_been_answered(row)
        self._no_brake_has_been_answered(row["dispatch_id"])
        self._nobody_has_it_whom_its_package_leaves_out(row)
        self._somebody_has_approved(row["dispatch_id"])

    def _somebody_has_approved(self, dispatch_id: UUID) -> None:
        """Two persons: nothing leaves of what a colleague was asked about and never approved."""
        assert dispatch_id not in self.unapproved, "sent, and nobody approved it"

    def _nobody_has_it_whom_its_package_leaves_out(self, row: RowMapping) -> None:
        """Decided at the intent: no second one while the first may be answered."""
        (dispatch,) = [each for each in self.dispatches() if each["id"] == row["dispatch_id"]]
        version = dispatch["package_key"], dispatch["package_version"]
        looks = {
            (each["key"], each["version"])
            for each in self._rows(PackageTemplateRow)
            if each["checks_already_has"]
        }
        if version in looks:
            assert not self._others_sent(row), "sent to somebody who has it"

    def _others_sent(self, row: RowMapping) -> list[RowMapping]:
        return [
            other
            for other in self.deliveries()
            if other["id"] != row["id"] and _key(other) == _key(row) and other["state"] == "sent"
        ]

    def _no_brake_has_been_answered(self, dispatch_id: UUID) -> None:
        """I8: as with a stop, for all that a brake is on."""
        (unit_id,) = [r["unit_id"] for r in self.dispatches() if r["id"] == dispatch_id]
        forms = self._rows(DispatchFormRow)
        theirs = [row["template_id"] for row in forms if row["dispatch_id"] == dispatch_id]
        for brake_id, scope in self.brakes.items():
            if scope.hits(unit_id, theirs):
                since_s = self.world.elapsed_s - self._pulled_at_s[brake_id]
                assert since_s < self.rules.stop_heard_within_s, "left under a brake"

    def _a_stop_has_not_been_answered(self, row: RowMapping) -> None:
        """I8: what was claimed ahead of a stop does not leave later than it is heard of."""
        if row["dispatch_id"] in self.stopped:
            since_s = self.world.elapsed_s - self._stopped_at_s[row["dispatch_id"]]
            assert since_s < self.rules.stop_heard_within_s, "left after a stop was answered"

    def _a_removal_has_not_been_answered(self, row: RowMapping) -> None:
        """I8: as with a stop, for one recipient."""
        if row["recipient_id"] in self.removed:
            since_s = self.world.elapsed_s - self._removed_at_s[row["recipient_id"]]
            assert since_s < self.rules.stop_heard_within_s, "left after a removal was answered"

    def _its_intent_is_committed(self, call: Call, row: RowMapping) -> None:
        """I2: the committed row says `sending`, of this very attempt."""
        assert (row["state"], row["attempt"]) == ("sending", call.attempt), "left without intent"

    def _it_is_within_its_deadline(self, row: RowMapping) -> None:
        """I4: half the lease has not passed since the intent."""
        deadline = row["lease_until"] - timedelta(seconds=self.rules.lease_s / 2)
        assert self.world.now <= deadline + _CLOCK_TICK, "left past its deadline"

    def _no_more_are_under_way_than_allowed(self, call: Call) -> None:
        """I15: a neighbour's limits are never exceeded."""
        under_way = self.service.under_way(call.loop)
        assert under_way <= self.rules.forms_concurrency, f"{under_way} calls at once"

    def _it_has_waited_as_long_as_it_was_asked_to(self, call: Call) -> None:
        """I15: at least the first delay, and Retry-After if that is longer."""
        not_before = self.service.not_before.get(call.delivery_id, self.world.now)
        assert self.world.now >= not_before - _CLOCK_TICK, "tried again too soon"

    def _whatever_was_sent_before_has_been_settled(self, call: Call) -> None:
        """I5, I7: what may have been applied is sent again only after settling."""
        settles = timedelta(seconds=self.rules.settle_s) - _CLOCK_TICK
        for earlier in self.service.calls:
            if (
                earlier.delivery_id == call.delivery_id
                and earlier.left_at is not None
                and not earlier.known_not_applied
            ):
                assert self.world.now >= earlier.left_at + settles, "sent again without settling"

    def _its_recipient_may_get_it(self, call: Call, row: RowMapping) -> None:
        """Nobody gets a form who was refused when the registers were asked last."""
        self.registers.look_at(
            call.order.personnummer, loop=call.loop, needs_account=row["by_inbox"]
        )

    def _its_unit_has_not_been_withdrawn_before_the_run(self, call: Call) -> None:
        """And nothing is sent by a run that began when the unit had been withdrawn."""
        assert call.loop not in self.of_withdrawn_unit, "sent for a withdrawn unit"

    def _each_is_planned_once(self, rows: Sequence[RowMapping]) -> None:
        """I1: one delivery for each occasion, recipient and form."""
        _no_doubles((r["occasion_id"], r["recipient_id"], r["template_id"]) for r in rows)

    def _no_key_has_two_open(self, rows: Sequence[RowMapping]) -> None:
        """I6: one open question for each unit, person and form."""
        _no_doubles(_key(row) for row in rows if row["state"] in _OPEN)

    def _nothing_is_made_twice(self) -> None:
        """The promise of them all: at most one form for each delivery, by the service's count.

        But for what the platform in front has made by itself of one call of ours.
        """
        _no_doubles(
            made.delivery_id for made in self.service.made if made.id not in self.service.repeated
        )

    def _nobody_is_notified_twice(self) -> None:
        """I10: one message at most for each recipient and occasion; its text says which."""
        _no_doubles(self.inbox.left)

    def _what_is_sent_is_its_own(self, rows: Sequence[RowMapping]) -> None:
        """I3, I7: a form that is noted as sent was made for that very delivery.

        After a restored backup it may be one that nobody remembers, and it may be what the
        platform made once more: of the same unit, person, template and dates, so the resident has
        what was meant for them.
        """
        makers = {made.id: made.delivery_id for made in self.service.made}
        sent = {row["id"] for row in rows if row["state"] == "sent"}
        _no_doubles(row["form_id"] for row in rows if row["state"] == "sent")
        for row in rows:
            assert (row["state"] == "sent") == (row["form_id"] is not None)
            if row["state"] == "sent":
                maker = makers[row["form_id"]]
                forgotten = self.restored_at is not None and maker not in sent
                second = maker in self._made_twice
                assert maker == row["id"] or forgotten or second, "adopted another's form"

    def _nothing_is_begun_after_a_stop(self, rows: Sequence[RowMapping]) -> None:
        """I8: once a stop is committed there is no new intent."""
        for dispatch_id, attempts in self.stopped.items():
            for row in rows:
                if row["dispatch_id"] == dispatch_id:
                    assert row["attempt"] <= attempts.get(row["id"], 0), "begun after a stop"

    def _nothing_is_begun_after_a_removal(self, rows: Sequence[RowMapping]) -> None:
        """I8: once a removal is committed there is no new intent for the recipient."""
        for recipient_id, attempts in self.removed.items():
            for row in rows:
                if row["recipient_id"] == recipient_id:
                    assert row["attempt"] <= attempts.get(row["id"], 0), "begun after a removal"

    def _nothing_is_begun_after_an_end(self, rows: Sequence[RowMapping]) -> None:
        """What staff have ended is never sent."""
        for occasion_id, attempts in self.ended.items():
            for row in rows:
                if row["occasion_id"] == occasion_id:
                    assert row["attempt"] <= attempts.get(row["id"], 0), "begun after the end"

    def _nothing_is_settled_too_early(self, rows: Sequence[RowMapping]) -> None:
        """I7: what is unknown is settled only when no late call can land any more.

        Without settling it is left to staff when its recipient may get nothing any more.
        """
        for row in rows:
            before = self._before.get(row["id"])
            if before is None or before["state"] != "unknown" or row["state"] == "unknown":
                continue
            if row["state"] == "manual" and self._was_refused(row):
                continue
            settled = before["unknown_at"] + timedelta(seconds=self.rules.settle_s)
            assert self.world.now >= settled - _CLOCK_TICK, "settled too early"

    def _what_has_ended_stays_ended(self, rows: Sequence[RowMapping]) -> None:
        """I3: a stale process overwrites nothing, and no attempt is counted back."""
        for row in rows:
            if before := self._before.get(row["id"]):
                assert row["attempt"] >= before["attempt"]
                if before["state"] in ("sent", "refused", "cancelled", "manual"):
                    assert row["state"] == before["state"], f"was {before['state']}"

    @property
    def _made_twice(self) -> set[UUID]:
        """Deliveries of which the platform has repeated a call."""
        return {made.delivery_id for made in self.service.made if made.id in self.service.repeated}

    def _has_anothers_second(self, row: RowMapping) -> bool:
        """Whether what is taken for its form is one too many of another delivery."""
        return any(
            made.id == row["form_id"] and made.delivery_id in self._made_twice - {row["id"]}
            for made in self.service.made
        )

    def _forms_look_alike(self, row: RowMapping, rows: Sequence[RowMapping]) -> bool:
        """Whether the person has a form that may be its own, and nobody can know: not given back
        as it was asked for, or made twice."""
        by_id = {each["id"]: each for each in rows}
        for made in self.service.made:
            maker, shown = by_id[made.delivery_id], self.service.shown[made.id]
            may_be_its_own = _key(maker) == _key(row) or (
                shown is Shown.NO_TEMPLATE and maker["person_id"] == row["person_id"]
            )
            odd = shown is not Shown.AS_ASKED or made.delivery_id in self._made_twice
            if may_be_its_own and odd:
                return True
        return False

    def _in_order(self, rows: Sequence[RowMapping], within: str) -> Sequence[RowMapping]:
        """As they were first seen: PostgreSQL's own order is never the same, nor are our ids."""
        unseen = [row for row in rows if row["id"] not in self._order]
        for row in sorted(unseen, key=lambda row: row[within]):
            self._order[row["id"]] = len(self._order)
        return sorted(rows, key=lambda row: self._order[row["id"]])

    def _was_refused(self, row: RowMapping) -> bool:
        """Whether a register has ever refused the recipient to anybody who asked."""
        with self.database.store.transaction() as records:
            recipients = records.dispatches.recipients(DispatchId(row["dispatch_id"]))
        (number,) = [r.personnummer for r in recipients if r.id == row["recipient_id"]]
        return number in self.registers.ever_refused

    def _rows(self, table: Any) -> Sequence[RowMapping]:
        with self.database.engine.connect() as connection:
            return connection.execute(select(table.__table__)).mappings().all()


def has_a_rest(occasion: RowMapping) -> bool:
    """Staff are to say what becomes of it; it may still be ending."""
    ending = occasion["state"] in ("planned", "running") and occasion["aim"] in ("stop", "notify")
    return ending or occasion["state"] in ("missed", "stopped")


def _key(row: RowMapping) -> tuple[Any, ...]:
    return row["unit_id"], row["person_id"], row["template_id"]


def _no_doubles(things: Any) -> None:
    doubles = {thing: times for thing, times in Counter(things).items() if times > 1}
    assert not doubles, f"{sorted(doubles.values())} times the same"

"""Would anybody notice? `python -m tests.chaos.mutants` removes one safeguard after the other.

Each mutant is a copy of this checkout with one safeguard of the protocol gone. The layers of tests
are run on it, cheapest first, until one fails; and on a copy with nothing gone, which must pass.
Exits with 1 if that one fails, or if a mutant passes.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
LONGEST_S = 1500

_SEND = "utskick/sending/form_sender.py"
_CLAIMING = "utskick/store/claiming.py"
_OUTCOMES = "utskick/store/outcomes.py"
_MESSAGES = "utskick/sending/send_inbox_messages.py"
_GATE = "utskick/sending/message_gate.py"
_BRAKE = "utskick/use_cases/pull_brake.py"
_ALREADY = "utskick/store/already_sent.py"
_RECONCILE = "utskick/sending/reconcile.py"
_RESTORED = "utskick/use_cases/mark_restored.py"
_SETTLE = "utskick/sending/settle.py"
_READ_BACK = "utskick/sending/read_back.py"
_TRANSPORT = "utskick/adapters/http_transport.py"
_CLIENT = "utskick/adapters/soap_client.py"
_FAULTS = "utskick/rivta/faults.py"
_FORMS = "utskick/adapters/rivta_form_service.py"
_CLOSE = "utskick/sending/close_occasion.py"
_DELIVERIES = "utskick/store/deliveries.py"
_LEASES = "utskick/store/leases.py"
_OCCASIONS = "utskick/store/occasions.py"
_REFUSING = "utskick/store/refusing.py"
_RUN = "utskick/sending/run_occasion.py"
_AGAIN = "utskick/sending/check_again.py"
_STORY = "utskick/sending/occasion_story.py"
_PLACES = "utskick/store/visit_places.py"
_SAID = "utskick/domain/visit_messages.py"
_MOMENTS = "utskick/use_cases/visit_moments.py"


class NotFoundInCode(Exception):
    """The code has changed, and the mutant must follow it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """`old` is there exactly once."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A safeguard removed: which invariant it kept, and how it is removed."""

    name: str
    invariant: str
    edits: tuple[Edit, ...]

    @property
    def found_by(self) -> str:
        return f"{self.name} {self.invariant}"


@dataclass(frozen=True, slots=True)
class Layer:
    """Tests that should notice."""

    name: str
    tests: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


LAYERS = (
    Layer("story", ("tests/sending/test_occasion_story.py",)),
    Layer(
        "tests",
        (
            *("tests/store/test_send_protocol.py", "tests/store/test_settling.py"),
            "tests/store/test_visits.py",
            *("tests/store/test_stop_and_remove.py", "tests/store/test_two_at_once.py"),
            *("tests/store/test_inbox_messages.py", "tests/store/test_planning.py"),
            *("tests/adapters/test_http_transport.py", "tests/adapters/test_rivta_outcomes.py"),
            "tests/adapters/test_rivta_forms.py",
            *("tests/use_cases", "tests/sending"),
        ),
    ),
    Layer(
        "L0 machine",
        ("tests/chaos/test_state_machine.py", "-k", "in_memory"),
        {"CHAOS_EXAMPLES": "300"},
    ),
    Layer("L1 places", ("tests/chaos/test_failpoints.py", "-k", "sqlite")),
)


def _mutant(name: str, invariant: str, *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, invariant, tuple(Edit(*edit) for edit in edits))


MUTANTS = (
    _mutant(
        "a replaced dispatch can be restarted beside the new one",
        "I1",
        (
            "utskick/use_cases/follow_dispatch.py",
            "        records.occasions.close(occasion.id, OccasionState.ENDED, now=now)\n",
            "        occasion.local\n",
        ),
    ),
    _mutant(
        "a removal is undone while a run has the occasion",
        "I8",
        (
            "utskick/use_cases/restore_recipient.py",
            "each.state is OccasionState.RUNNING",
            "False",
        ),
    ),
    _mutant(
        "what a colleague must approve is started at once",
        "two persons",
        (
            "utskick/use_cases/submissions.py",
            "replace(dispatch, status=DispatchStatus.AWAITING) if cause else dispatch",
            "dispatch",
        ),
    ),
    _mutant(
        "what was refused can still be approved",
        "two persons",
        (
            "utskick/domain/approvals.py",
            'dispatch.require(DispatchStatus.AWAITING, action="approve")',
            "pass",
        ),
        (
            "utskick/use_cases/decide_approval.py",
            'dispatch.require(DispatchStatus.AWAITING, action="decide about")',
            "pass",
        ),
    ),
    _mutant(
        "delivery ids are drawn by lot",
        "I1",
        (
            "utskick/domain/deliveries.py",
            'uuid5(_NAMESPACE, f"{dispatch_id}',
            'uuid5(__import__("uuid").uuid4(), f"{dispatch_id}',
        ),
    ),
    _mutant(
        "the intent is not written",
        "I2",
        (_CLAIMING, "state=DeliveryState.SENDING.value,\n        attempt", "attempt"),
    ),
    _mutant(
        "an outcome is written whatever the attempt",
        "I3",
        (
            _OUTCOMES,
            'DeliveryRow.attempt == bindparam("of_attempt")',
            'DeliveryRow.attempt >= bindparam("of_attempt")',
        ),
        (
            _OUTCOMES,
            "DeliveryRow.attempt == _outcomes.c.attempt",
            "DeliveryRow.attempt >= _outcomes.c.attempt",
        ),
    ),
    _mutant(
        "an outcome is written whatever the state",
        "I3",
        (
            _OUTCOMES,
            'DeliveryRow.state == bindparam("of_state"),\n    )',
            "DeliveryRow.attempt > 0,\n    )",
        ),
        (
            _OUTCOMES,
            '        DeliveryRow.state == bindparam("of_state"),\n        ~exists',
            "        ~exists",
        ),
    ),
    _mutant(
        "no deadline",
        "I4",
        (_SEND, "min(intended.deadline, run.allowed_until)", "run.allowed_until"),
    ),
    _mutant(
        "the deadline is asked for and passed over",
        "I4",
        (_TRANSPORT, "            raise Withheld\n        await", "        await"),
    ),
    _mutant(
        "the deadline follows the wall clock",
        "I13",
        (
            _SEND,
            "deadline = began + self._rules.lease_s / 2",
            "deadline = self._clock.now().timestamp() + self._rules.lease_s / 2",
        ),
        (
            _SEND,
            "return self._clock.monotonic() < min(intended.deadline, run.allowed_until)",
            "return self._clock.now().timestamp() < intended.deadline",
        ),
    ),
    _mutant(
        "no deadline for messages",
        "I4",
        (_MESSAGES, "min(self._deadline, self._until)", "self._until"),
    ),
    _mutant(
        "5xx means not applied",
        "I5",
        (
            _CLIENT,
            "        raise unclear(message)",
            "        raise TemporaryFailure(message)",
        ),
    ),
    _mutant(
        "a time-out means not applied",
        "I5",
        (
            _TRANSPORT,
            'raise unclear(f"{of}: {type(error).__name__}") from None',
            'raise TemporaryFailure(f"{of}: {type(error).__name__}") from None',
        ),
    ),
    _mutant(
        "two of one key may be open",
        "I6",
        (_CLAIMING, "        ~same_key_open(),\n    )\n    .order", "    )\n    .order"),
        (_CLAIMING, "for row in rows if by_key[", "for row in rows if True or by_key["),
        (
            "utskick/store/migrations/versions/0001_the_first_tables.py",
            '"person_id", "form_id"],\n            unique=True',
            '"person_id", "form_id"],\n            unique=False',
        ),
    ),
    _mutant("settled at once", "I7", (_SETTLE, "settle_s=rules.settle_s,", "settle_s=0,")),
    _mutant(
        "an expired lease means not sent",
        "I7",
        (
            _DELIVERIES,
            ".values(state=DeliveryState.UNKNOWN.value, unknown_at=now, lease_until=None)",
            ".values(state=DeliveryState.PLANNED.value, lease_until=None)",
        ),
    ),
    _mutant(
        "another's form is adopted",
        "I7",
        (_SETTLE, "if f.id not in owned]", "if f]"),
    ),
    _mutant(
        "a form from before the intent is adopted",
        "I7",
        (_READ_BACK, " and _is_since(form, earliest)\n", "\n"),
    ),
    _mutant(
        "a stop is not asked for",
        "I8",
        (
            _LEASES,
            (
                "row.status == DispatchStatus.ONGOING.value\n        and row.aim"
                " == Aim.SEND.value\n        and row.state"
            ),
            "row.state",
        ),
    ),
    _mutant(
        "a stop may come between",
        "I8",
        (_LEASES, "    .with_for_update(read=True, of=(DispatchRow, OccasionRow))\n", ""),
    ),
    _mutant(
        "what is claimed ahead of a stop leaves",
        "I8",
        (_SEND, "min(intended.deadline, run.allowed_until)", "intended.deadline"),
        (_SEND, "                self._give_back(run)\n", "                run.wants = False\n"),
    ),
    _mutant(
        "what is claimed ahead of a stop is not given back",
        "I8",
        (_SEND, "        self._plan_again(lambda intended: intended.run is run)\n", ""),
    ),
    _mutant(
        "a stop in the middle notifies nobody",
        "stop",
        (_MESSAGES, "return records.inbox_messages.awaited(occasion_id) > 0", "return False"),
    ),
    _mutant(
        "a run that died at a stop is not followed",
        "stop",
        (
            _OCCASIONS,
            "return or_(ongoing, OccasionRow.aim != Aim.SEND.value)",
            "return ongoing",
        ),
    ),
    _mutant(
        "those with some of their forms are notified before the rest",
        "stop",
        (
            "utskick/store/inbox_messages.py",
            "OccasionRow.aim.in_((Aim.NOTIFY.value, Aim.END.value))",
            "OccasionRow.aim != Aim.SEND.value",
        ),
    ),
    _mutant(
        "what comes back after the end may be sent",
        "stop",
        (_RECONCILE, "        records.deliveries.cancel_never_sent()\n", ""),
    ),
    _mutant(
        "what is left at a stop is missed",
        "stop",
        (
            "utskick/sending/close_occasion.py",
            "return OccasionState.STOPPED if left",
            "return OccasionState.MISSED if left",
        ),
    ),
    _mutant(
        "a brake is not asked for at an intent",
        "brake",
        (_LEASES, "        and not row.braked\n", ""),
    ),
    _mutant(
        "a brake is not asked for before a message",
        "brake",
        (_LEASES, "        and not held.braked\n", ""),
    ),
    _mutant(
        "what is claimed ahead of a brake leaves",
        "brake",
        (_OCCASIONS, "        ~braked(),\n    )\n)", "    )\n)"),
    ),
    _mutant(
        "a batch of messages outlasts a brake",
        "brake",
        (_MESSAGES, "min(self._deadline, self._until)", "self._deadline"),
    ),
    _mutant(
        "an occasion is claimed under a brake",
        "brake",
        (_OCCASIONS, "_awaits_run(), ~braked())", "_awaits_run())"),
    ),
    _mutant(
        "what has passed under a brake is sent after it",
        "brake",
        (_RECONCILE, "    await asyncio.to_thread(hold_what_has_passed, store, now)\n", ""),
        (_BRAKE, "        hold_what_has_passed(self.store, now)\n", ""),
    ),
    _mutant(
        "what a brake has ended in the middle is missed",
        "brake",
        (_CLOSE, "    if left and dispatch.awaits_run(occasion) and (", "    if not left and ("),
    ),
    _mutant(
        "messages that a brake has held are given up",
        "brake",
        (_BRAKE, "        plan_waiting_messages(waiting, self.store, now)\n", ""),
    ),
    _mutant(
        "nobody is asked about again after a brake",
        "brake",
        (_RUN, '            self._asked_at.pop("recipients", None)\n', ""),
    ),
    _mutant(
        "who has a form already is not looked for at the intent",
        "already",
        (_CLAIMING, "        if claim.occasion_id in allowed.checking:\n", "        if False:\n"),
    ),
    _mutant(
        "who has a form already is looked for once, and not among those who move up",
        "already",
        (
            _CLAIMING,
            "        if not refuse_who_has_it(session, ids, now):\n            return",
            "        refuse_who_has_it(session, ids, now)\n        return",
        ),
    ),
    _mutant(
        "another unit's form counts",
        "already",
        (_ALREADY, "        other.unit_id == DeliveryRow.unit_id,\n", ""),
    ),
    _mutant(
        "a removed recipient's retry is sent",
        "I8",
        (_CLAIMING, "    if allowed.with_removed:\n", "    if False:\n"),
    ),
    _mutant(
        "what is claimed ahead leaves for a removed recipient",
        "I8",
        (
            _SEND,
            "            if intended.delivery.id in self._removed:\n",
            "            if False:\n",
        ),
        (_SEND, "        if removed:\n", "        if False:\n"),
    ),
    _mutant(
        "an uncertain message is left again",
        "I10",
        (
            _MESSAGES,
            "return outcome(state=DeliveryState.MANUAL)",
            "return outcome(state=DeliveryState.PLANNED, retry_after_s=0)",
        ),
    ),
    _mutant(
        "two runs may have one occasion",
        "I11",
        (
            _OCCASIONS,
            "and_(running, or_(OccasionRow.lease_until < now, OccasionRow.run_token == token))",
            "running",
        ),
    ),
    _mutant(
        "nobody goes on after the dead",
        "I12",
        (
            _RECONCILE,
            "resumed = _resume_abandoned(waiting, store, scheduler, rules, now)",
            "resumed = 0",
        ),
    ),
    _mutant(
        "a form beyond the ledger is nothing to report",
        "I14",
        (
            "utskick/use_cases/compare_ledger.py",
            "if not (missing or extra or twice):",
            "if not missing:",
        ),
    ),
    _mutant(
        "a retry does not wait",
        "I15",
        (
            _CLAIMING,
            'DeliveryRow.retry_at <= bindparam("at"))',
            "DeliveryRow.retry_at.is_not(None))",
        ),
    ),
    _mutant(
        "what a platform behind ours did not carry on was not applied",
        "I5",
        (
            _FAULTS,
            'self.never_forwarded and named != "" and named == self.platform.strip().casefold()',
            "self.never_forwarded",
        ),
    ),
    _mutant(
        "what the platform could not carry on to the end was not applied",
        "I5",
        (_FAULTS, ' - {"VP009"}', ""),
    ),
    _mutant(
        "after a producer's fault nothing was applied",
        "I5",
        (_CLIENT, "(unclear if changing else ProducerFault)", "ProducerFault"),
    ),
    _mutant(
        "what the platform refuses is unknown",
        "I5",
        (_CLIENT, "return PlatformRefusal(platforms.code, contract=contract.name)", "pass"),
    ),
    _mutant(
        "what a platform further on refuses was not applied",
        "I5",
        (
            _CLIENT,
            "return RefusedFurtherOn(platforms.code",
            "return PlatformRefusal(platforms.code",
        ),
    ),
    _mutant(
        "what a platform further on refuses is reported to nobody",
        "I15",
        (
            "utskick/sending/platform_watch.py",
            "except (PlatformRefusal, RefusedFurtherOn) as refusal:",
            "except PlatformRefusal as refusal:",
        ),
    ),
    _mutant(
        "what a platform further on refuses is tried for each person",
        "I15",
        (
            "utskick/sending/call_form_service.py",
            "refused = isinstance(error, RefusedFurtherOn)",
            "refused = False",
        ),
    ),
    _mutant(
        "messages are left before the inbox has answered a question",
        "I10",
        (_GATE, "if self._accounts.have_been_answered:", "if self:"),
    ),
    _mutant(
        "unclear messages are followed by more",
        "I10",
        (_MESSAGES, "gate.note(unclear=True, for_all", "gate.note(unclear=False, for_all"),
    ),
    _mutant(
        "a form that names somebody else is ours",
        "I7",
        (_FORMS, "None if _names_others(fields, unit_id, personnummer) else ", ""),
    ),
    _mutant(
        "an answer is believed whatever its status",
        "I5",
        (_CLIENT, "if answered.status == HTTPStatus.OK:", "if answered.status:"),
    ),
    _mutant(
        "an error with a form is a refusal",
        "I5",
        (_FORMS, 'if result == "ERROR" and not created:', 'if result == "ERROR":'),
    ),
    _mutant(
        "somebody else's form in the answer is ours",
        "I9",
        (_FORMS, " if _is_for(order, form)]", "]"),
    ),
    _mutant(
        "what the platform refuses is reported to nobody",
        "I15",
        (
            "utskick/sending/platform_watch.py",
            "            self._report(outage, records, unclear=unclear)\n",
            "",
        ),
    ),
    _mutant(
        "a form with other dates than asked for is nobody's",
        "I7",
        (_READ_BACK, "case [] if not unowned and delivery", "case [] if delivery"),
    ),
    _mutant(
        "a form with other dates than asked for is ours without a doubt",
        "I7",
        (_READ_BACK, "if not ours and rules.adopts_changed_dates and", "if not ours and"),
    ),
    _mutant(
        "a form of which the template cannot be read is nobody's",
        "I7",
        (_READ_BACK, "in (None, delivery.template_id)", "in (delivery.template_id,)"),
    ),
    _mutant(
        "a form of which it cannot be read when it was made is nobody's",
        "I7",
        (_READ_BACK, "form.created_at_latest is None or", "form.created_at_latest and"),
    ),
    _mutant(
        "what never has a clear answer is tried for ever",
        "I7",
        (
            _READ_BACK,
            "not unowned and delivery.unclear_calls < rules.most_unclear_calls",
            "not unowned",
        ),
    ),
    _mutant(
        "calls without a clear answer are not counted",
        "I7",
        (_OUTCOMES, "int(outcome.state is DeliveryState.UNKNOWN)", "0"),
    ),
    _mutant(
        "what had no clear answer is tried again at once",
        "I15",
        (_READ_BACK, "if not delivery.unclear_calls:", "if True:"),
    ),
    _mutant(
        "a refusal by the platform is tried again for each person",
        "I15",
        ("utskick/sending/circuit_breaker.py", "self._threshold if for_all else ", ""),
    ),
    _mutant(
        "of two forms alike one is ours",
        "I7",
        (_READ_BACK, "[FoundForm(id=form_id)]:", "[FoundForm(id=form_id), *_]:"),
    ),
    _mutant(
        "a restored backup is trusted",
        "backup",
        (
            _RESTORED,
            "return records.deliveries.all_to_unknown()",
            "return 0",
        ),
    ),
    _mutant(
        "what had been begun before a backup is trusted",
        "backup",
        (_OCCASIONS, "or_(due, begun),", "due,"),
    ),
    _mutant(
        "what had been stopped in the middle before a backup is trusted",
        "backup",
        (
            _OCCASIONS,
            "(OccasionState.RUNNING.value, *_HAS_A_REST)",
            "(OccasionState.RUNNING.value, OccasionState.MISSED.value)",
        ),
    ),
    _mutant(
        "what of a stopped dispatch has become due is trusted after a backup",
        "backup",
        (
            _OCCASIONS,
            "DispatchRow.status != DispatchStatus.ABORTED.value,",
            "DispatchRow.status == DispatchStatus.ONGOING.value,",
        ),
    ),
    _mutant(
        "an occasion that was stopped before it was planned has nothing left",
        "I12",
        (_CLOSE, "return records.dispatches.has_recipients(dispatch.id)", "return False"),
    ),
    _mutant(
        "what is unknown and refused may come back to be sent",
        "backup",
        (
            _REFUSING,
            "recipient_id, DeliveryState.UNKNOWN)",
            "recipient_id, DeliveryState.CANCELLED)",
        ),
    ),
    _mutant(
        "a run long before its moment holds the occasion",
        "send time",
        (
            "utskick/sending/claim_occasion.py",
            "return waits and now < ",
            "return False and waits and now < ",
        ),
    ),
    _mutant(
        "persons are not looked up again",
        "send time",
        (_AGAIN, "return accountless | by_register", "return accountless"),
    ),
    _mutant(
        "accounts are not asked about again",
        "send time",
        (_AGAIN, "return accountless | by_register", "return by_register"),
    ),
    _mutant(
        "templates and unit are not looked at again",
        "send time",
        (_RUN, "return await self._check_templates_until(until)", "return None"),
    ),
    _mutant(
        "a withdrawn unit goes on sending",
        "send time",
        (
            "utskick/sending/prepare_occasion.py",
            "        await asyncio.to_thread(_require_unit, dispatch, store)\n",
            "",
        ),
    ),
    _mutant(
        "the message is not written again",
        "send time",
        (
            _RUN,
            "        await asyncio.to_thread(self.render_message)\n        return checked",
            "        return checked",
        ),
    ),
    _mutant(
        "registers are not asked again while sending forms lasts",
        "send time",
        (
            _RUN,
            "on_progress=on_progress,\n            before_each=self._keep_checked,",
            "on_progress=on_progress,",
        ),
    ),
    _mutant(
        "registers are not asked again while messages wait",
        "send time",
        (
            _RUN,
            "gate=self.shared.message_gate,\n            before_each=self._keep_checked,",
            "gate=self.shared.message_gate,",
        ),
    ),
    _mutant(
        "a silent register delays the moment",
        "send time",
        (
            _AGAIN,
            "asyncio.timeout((until - clock.now()).total_seconds())",
            "asyncio.timeout(None)",
        ),
    ),
    _mutant(
        "what was being sent to one who is refused comes back to be sent",
        "send time",
        (
            _REFUSING,
            "_comes_back & refusal.is_not(None)",
            '_comes_back & (refusal == "never")',
        ),
    ),
    _mutant(
        "one who is refused is notified of what they got before",
        "send time",
        (
            _REFUSING,
            "for table in (DeliveryRow, InboxMessageRow):",
            "for table in (DeliveryRow,):",
        ),
    ),
    _mutant(
        "templates are not checked",
        "story",
        (_STORY, "if blocked := await stages.check_templates():", "if blocked := None:"),
    ),
    _mutant(
        "the first check blocks nothing",
        "story",
        (_STORY, "                return _aborted(blocked)\n", ""),
    ),
    _mutant(
        "recipients are not validated",
        "story",
        (_STORY, "planned = await stages.validate_recipients()", "planned = 1"),
    ),
    _mutant(
        "recipients are validated after the message is rendered",
        "story",
        (
            _STORY,
            (
                "            planned = await stages.validate_recipients()\n"
                "            await stages.render_message()\n"
            ),
            (
                "            await stages.render_message()\n"
                "            planned = await stages.validate_recipients()\n"
            ),
        ),
    ),
    _mutant(
        "no message is rendered",
        "story",
        (_STORY, "            await stages.render_message()\n", ""),
    ),
    _mutant(
        "the second check is skipped",
        "story",
        (_STORY, "checked = await stages.check_again()", "checked = CheckedAgain()"),
    ),
    _mutant(
        "the second check comes after sending",
        "story",
        (_STORY, "            checked = await stages.check_again()\n", ""),
        (
            _STORY,
            "            log.info(",
            (
                "            late = await stages.send_forms(planned)\n"
                "            checked = await stages.check_again()\n"
                "            log.info("
            ),
        ),
        (_STORY, "if await stages.send_forms(planned):", "if late:"),
    ),
    _mutant(
        "the second check blocks nothing",
        "story",
        (_STORY, "isinstance(checked, StartBlocked)", "False"),
    ),
    _mutant(
        "nothing is sent",
        "story",
        (_STORY, "if await stages.send_forms(planned):", "if False:"),
    ),
    _mutant(
        "a moment is taken back though it has been begun",
        "I16",
        (
            _PLACES,
            "if removed or self._is_there(*theirs, DeliveryRow.state.in_(_MAY_HAVE_GONE)):",
            "if removed:",
        ),
    ),
    _mutant(
        "somebody is put on the list that a run has taken",
        "I16",
        (_PLACES, "                OccasionRow.state == OccasionState.PLANNED.value,\n", ""),
    ),
    _mutant(
        "whose other visit has the same minute is taken off the list",
        "I16",
        (_PLACES, "if recipient is None or self._is_shared(visit_id, send):", "if not recipient:"),
    ),
    _mutant(
        "two visits of a person at the same minute are sent twice",
        "I16",
        (_MOMENTS, "if shared := self._shared(dispatch):", "if shared := None:"),
    ),
    _mutant(
        "an older message about a visit overwrites a newer",
        "I16",
        (_SAID, "if message.stamp.is_older_than(stamp):", "if stamp is None:"),
    ),
    _mutant(
        "an occasion that nobody is left of is missed",
        "I16",
        (_CLOSE, "return records.dispatches.has_recipients(dispatch.id)", "return True"),
    ),
    _mutant(
        "a neighbour that stays away leaves the occasion open",
        "story",
        (_STORY, "except TemporaryFailure as failure:", "except ZeroDivisionError as failure:"),
    ),
    _mutant(
        "the occasion is not closed",
        "story",
        (
            _STORY,
            "        closed = await stages.close()\n    if closed.went_wrong:",
            "        return Ending(EndName.SENT, str(), claim)\n    if closed.went_wrong:",
        ),
    ),
    _mutant(
        "nobody is notified after a stop",
        "story",
        (_STORY, "            await stages.notify_recipients()\n", ""),
    ),
    _mutant(
        "a stopped occasion is closed before anybody is notified",
        "story",
        (
            _STORY,
            (
                "            await stages.notify_recipients()\n"
                "            closed = await stages.close()\n"
            ),
            (
                "            closed = await stages.close()\n"
                "            await stages.notify_recipients()\n"
            ),
        ),
    ),
    _mutant(
        "a missed occasion is sent all the same",
        "story",
        (_STORY, "if claim is not ClaimResult.CLAIMED:", "if claim is ClaimResult.TAKEN:"),
    ),
    _mutant(
        "an occasion that comes too late is mailed to nobody",
        "story",
        (
            _STORY,
            "ClaimResult.TOO_LATE:\n        await stages.mail_errors()",
            "ClaimResult.TOO_LATE:\n        pass",
        ),
    ),
    _mutant(
        "what went wrong is mailed to nobody",
        "story",
        (_STORY, "    if closed.went_wrong:\n", "    if False:\n"),
    ),
    _mutant(
        "the occasion is not held while it is sent",
        "story",
        (_STORY, "    async with stages.held():\n        try:", "    if True:\n        try:"),
    ),
)
_NOTHING = _mutant("nothing is gone", "")


def main() -> None:
    """Try them all, print who caught each, and leave with whether just those were caught."""
    options = _options()
    layers = [layer for layer in LAYERS if options.layer in layer.name]
    table = Table("mutant", "invariant", "caught by", "s", title="Protocol mutants")
    console = Console()
    wrong = 0
    mutants = [_NOTHING, *(mutant for mutant in MUTANTS if options.only in mutant.found_by)]
    with ThreadPoolExecutor(options.jobs) as pool:
        for mutant, (caught, lasted_s) in zip(
            mutants, pool.map(lambda mutant: _timed(mutant, layers), mutants), strict=True
        ):
            wrong += (caught is None) is not (mutant is _NOTHING)
            by = caught or "nobody"
            table.add_row(mutant.name, mutant.invariant, by, f"{lasted_s:.0f}")
            console.print(f"{mutant.name}: {by}")
    console.print(table)
    sys.exit(1 if wrong else 0)


def catch(mutant: Mutant, layers: Sequence[Layer]) -> str | None:
    """The first layer that fails on it; `None` if none does. Raises `NotFoundInCode`."""
    with tempfile.TemporaryDirectory(prefix="utskick-mutant-") as name:
        copy = Path(name)
        _copy(copy)
        for edit in mutant.edits:
            apply(edit, copy)
        return next((layer.name for layer in layers if not _passes(layer, copy)), None)


def _timed(mutant: Mutant, layers: Sequence[Layer]) -> tuple[str | None, float]:
    began = time.monotonic()
    return catch(mutant, layers), time.monotonic() - began


def apply(edit: Edit, folder: Path) -> None:
    """Raises `NotFoundInCode`."""
    path = folder / edit.path
    code = path.read_text(encoding="utf-8")
    if code.count(edit.old) != 1:
        raise NotFoundInCode(edit.path)
    path.write_text(code.replace(edit.old, edit.new), encoding="utf-8")


def _copy(to: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)


def _passes(layer: Layer, copy: Path) -> bool:
    environment = {**os.environ, **layer.environment, "PYTHONPATH": str(copy)}
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", *layer.tests],
            cwd=copy,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        # It hangs: that is noticed too.
        return False
    return run.returncode == 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants with this in name or invariant")
    parser.add_argument("--layer", default="", help="layers whose name has this in it")
    parser.add_argument("--jobs", type=int, default=2, help="mutants tried at once")
    return parser.parse_args()


if __name__ == "__main__":
    main()

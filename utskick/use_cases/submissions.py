"""What every start has in common, and what makes two submissions the same one, in every face."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from uuid import uuid4

from utskick.domain.already_sent import REFUSED_AS, AlreadyKind, AlreadySent
from utskick.domain.approvals import cause_of
from utskick.domain.dispatches import (
    NEVER_SENT,
    Dispatch,
    DispatchId,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
)
from utskick.domain.drafts import DraftInUse
from utskick.domain.errors import AlreadyEnded, NotFound, SpecRefused
from utskick.domain.forms import FormTemplate
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.series import Follows
from utskick.domain.specs import Sending
from utskick.domain.units import Activity, Actor, HsaId
from utskick.failpoints import Step
from utskick.ports import (
    Clock,
    FormService,
    Persons,
    Scheduler,
    Texts,
)
from utskick.records import LogEntry, Store, Transaction
from utskick.sending.accounts import Accounts
from utskick.sending.await_approval import ask_colleague
from utskick.sending.check_recipients import Checked, check_quickly
from utskick.sending.occasion_plans import register_occasions, unregister_occasions
from utskick.sending.require_no_brake import require_no_brake, require_no_brake_on
from utskick.use_cases.find_already_sent import find_already_sent
from utskick.use_cases.follow_dispatch import follow
from utskick.use_cases.keep_draft import find_draft
from utskick.use_cases.look_up_recipients import log_asked
from utskick.use_cases.spec_reading import SpecReading


def content_seal(spec: Sending) -> str:
    """What distinguishes a spec from others; a field that is added later changes no seal.

    Nor does an empty banner, as it did not when that was the default.
    """
    empty = {"form_banner"} if not spec.form_banner else None
    return _fingerprint(spec.model_dump_json(exclude_defaults=True, exclude=empty))


def submission_key(spec: Sending, *, given: str = "") -> str:
    """The same content is the same submission, unless the caller names it: then the name is.

    A given key is the caller's, for this kind of submission.
    """
    return _fingerprint(f"{type(spec).__name__}: {given}") if given else content_seal(spec)


def _fingerprint(text: str) -> str:
    """For the store alone, which keeps a keyed hash of it.

    Whoever knows the rest of a spec could try all personnummer against a fingerprint.
    """
    return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDispatch:
    """What can be started as it stands, with what staff should know first.

    `places` says where on its list each recipient stands. `date_warnings` are about no one.
    """

    dispatch: Dispatch
    recipients: list[Recipient]
    content_seal: str
    warnings: tuple[str, ...]
    date_warnings: tuple[str, ...] = ()
    already_sent: tuple[AlreadySent, ...] = ()
    places: Mapping[Personnummer, str] = field(default_factory=dict, repr=False)
    follows: Follows | None = None

    @property
    def all_warnings(self) -> tuple[str, ...]:
        """Who has got something already, too: pages show those by name."""
        about = (*self.date_warnings, *self.warnings)
        return (*about, *(each.warning(self.places) for each in self.already_sent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A dispatch that is saved. `registered` is false while the scheduler is away.

    About the `unchecked` of its recipients the inbox has not answered yet.
    `already`: this very submission had been made before, and nothing was done again. Of the
    `warnings`, the `date_warnings` are about no one.
    """

    dispatch: Dispatch
    warnings: tuple[str, ...] = ()
    date_warnings: tuple[str, ...] = ()
    registered: bool = True
    unchecked: int = 0
    already: bool = False

    @property
    def awaits_approval(self) -> bool:
        """Whether nothing is sent before a colleague has said yes."""
        return self.dispatch.status is DispatchStatus.AWAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting:
    """The steps that a package and a single form share."""

    store: Store
    forms: FormService
    persons: Persons
    accounts: Accounts
    scheduler: Scheduler
    texts: Texts
    clock: Clock
    rules: Rules

    async def submit_once(
        self,
        spec: Sending,
        check: Callable[[], Awaitable[CheckedDispatch]],
        *,
        actor: Actor,
        submission_key: str,
        now: datetime,
        draft: DraftInUse | None = None,
    ) -> Started:
        """Check, save and register it, unless this very submission was made before.

        The `draft` that it has been is gone when it is started, or was before.
        """
        seal = content_seal(spec)
        if earlier := await asyncio.to_thread(self.find_earlier, actor, submission_key, seal):
            await asyncio.to_thread(self._end_draft, draft, actor)
            return await asyncio.to_thread(self.started_before, earlier, now)
        checked = await check()
        return await self.save_and_register(
            checked, actor=actor, submission_key=submission_key, now=now, draft=draft
        )

    def find_earlier(
        self, actor: Actor, submission_key: str, seal: str | None = None
    ) -> Dispatch | None:
        """The dispatch that this very submission became, if it was made before.

        Raises `KeyReused` if it was made with other content than the `seal` is of.
        """
        with self.store.transaction() as records:
            dispatch_id = records.dispatches.submitted(
                actor.unit_id, submission_key, content_seal=seal
            )
            return records.dispatches.get(dispatch_id) if dispatch_id else None

    def started_before(self, earlier: Dispatch, now: datetime) -> Started:
        """The same submission again.

        Raises `AlreadyEnded`: that it was started says too little.
        """
        over = {DispatchStatus.STOPPED, DispatchStatus.ABORTED, *NEVER_SENT}
        if earlier.status not in over:
            return Started(dispatch=earlier, already=True)
        with self.store.transaction() as records:
            forms = records.progress.summary(earlier.id)
        raise AlreadyEnded(
            earlier.id,
            label=earlier.label,
            sent=sum(form.sent for form in forms),
            may_restart=earlier.may_restart(now=now),
            has_a_rest=any(occasion.has_a_rest for occasion in earlier.occasions),
        )

    async def require_reachable(
        self,
        numbers: list[Personnummer],
        spec: Sending,
        reading: SpecReading,
        *,
        actor: Actor,
        now: datetime,
        answer_by: date,
    ) -> Checked:
        """Ask the registers about everyone; logged before anything is asked.

        Raises `SpecRefused` unless all is well with what was read.
        """
        await asyncio.to_thread(log_asked, numbers, actor, self.store, now)
        checked = await check_quickly(
            numbers,
            needs_account=spec.creates_inbox_message,
            store=self.store,
            persons=self.persons,
            accounts=self.accounts,
            clock=self.clock,
            rules=self.rules,
        )
        reading.unreachable(numbers, checked, leave_out=spec.leave_out_unreachable)
        if spec.leave_out_unreachable and len(checked.refused) == len(numbers):
            reading.wrong(
                "recipients", "ingen av mottagarna kan nås.", "Kontrollera mottagarlistan."
            )
        if reading.problems:
            raise SpecRefused(reading.problems)
        reading.children(
            numbers,
            checked,
            today=self.rules.today(now),
            answer_by=answer_by,
        )
        return checked

    async def look_back(
        self,
        reached: Checked,
        numbers: list[Personnummer],
        spec: Sending,
        reading: SpecReading,
        dispatch: Dispatch,
        *,
        now: datetime,
    ) -> tuple[Checked, tuple[AlreadySent, ...]]:
        """Who has it already, or got something lately, and who is left out for that.

        Raises `SpecRefused` if nobody is left.
        """
        skipped = [
            *([AlreadyKind.HAS] if spec.leave_out_who_has_it else []),
            *([AlreadyKind.LATELY] if spec.leave_out_recently_sent else []),
        ]
        found = await asyncio.to_thread(
            find_already_sent,
            [number for number in numbers if number not in reached.refused],
            unit_id=dispatch.unit_id,
            template_ids=[form.template_id for form in dispatch.forms],
            names=reached.names,
            skipped=skipped,
            store=self.store,
            rules=self.rules,
            now=now,
        )
        left_out = {
            n: REFUSED_AS[each.kind] for each in found if each.skipped for n in each.numbers
        }
        checked = replace(reached, refused={**reached.refused, **left_out})
        if left_out and len(checked.refused) == len(numbers):
            reading.wrong(
                "recipients",
                "alla mottagare hoppas över, eftersom de redan har fått utskick.",
                "Ta bort krysset för att hoppa över dem, eller lägg till andra mottagare.",
            )
            raise SpecRefused(reading.problems)
        return checked, tuple(found)

    def require_unbraked(self, unit_id: HsaId, forms: Sequence[FormTemplate]) -> None:
        """Raise `Braked` before anybody is asked about."""
        with self.store.transaction() as records:
            require_no_brake_on(records, unit_id, [form.id for form in forms])

    def held(
        self, dispatch: Dispatch, recipients: Sequence[Recipient], *, package_needs: bool = False
    ) -> Dispatch:
        """As it will be saved: a colleague may have to approve it first."""
        active = sum(each.state is RecipientState.ACTIVE for each in recipients)
        cause = cause_of(active, above=self.rules.approval_above, package_needs=package_needs)
        return replace(dispatch, status=DispatchStatus.AWAITING) if cause else dispatch

    async def save_and_register(
        self,
        checked: CheckedDispatch,
        *,
        actor: Actor,
        submission_key: str,
        now: datetime,
        draft: DraftInUse | None = None,
    ) -> Started:
        """Save in one transaction, then register: the reconciler does what of that fails.

        Raises `KeyReused` if the key was taken meanwhile, with other content, `AlreadyEnded`, and
        `Braked`; of a draft what `require_draft` raises.
        """
        dispatch = checked.dispatch
        saved = await asyncio.to_thread(self._save, checked, actor, submission_key, now, draft)
        if saved.id != dispatch.id:
            return await asyncio.to_thread(self.started_before, saved, now)
        if checked.follows is not None and checked.follows.replaces:
            await asyncio.to_thread(self._unregister, checked.follows.dispatch_id)
        registered = await asyncio.to_thread(
            register_occasions,
            dispatch.id,
            store=self.store,
            scheduler=self.scheduler,
            rules=self.rules,
            now=now,
        )
        unchecked = sum(each.notified_by is None for each in checked.recipients)
        return Started(
            dispatch=saved,
            warnings=checked.all_warnings,
            date_warnings=checked.date_warnings,
            registered=registered,
            unchecked=unchecked,
        )

    def _unregister(self, replaced: DispatchId) -> None:
        with self.store.transaction() as records:
            dispatch = records.dispatches.get(replaced)
        idle = (each.id for each in dispatch.occasions if not dispatch.awaits_run(each))
        unregister_occasions(idle, scheduler=self.scheduler)

    def _end_draft(self, draft: DraftInUse | None, actor: Actor) -> None:
        with self.store.transaction() as records:
            _end_draft(draft, records, actor)

    def _save(
        self,
        checked: CheckedDispatch,
        actor: Actor,
        submission_key: str,
        now: datetime,
        draft: DraftInUse | None,
    ) -> Dispatch:
        dispatch, recipients = checked.dispatch, checked.recipients
        with self.store.transaction(Step.START) as records:
            require_no_brake(records, dispatch)
            seal = checked.content_seal
            if started := _end_draft(draft, records, actor):
                return records.dispatches.get(started)
            if (follows := checked.follows) is not None:
                # Whoever starts the same at once waits here, and finds it started; so does whoever
                # adds the same person to another dispatch of the series.
                records.visits.hold(actor.unit_id)
                records.dispatches.lock_for(actor.unit_id, follows.dispatch_id)
                unit_id = actor.unit_id
                if same := records.dispatches.submitted(
                    unit_id, submission_key, content_seal=seal
                ):
                    return records.dispatches.get(same)
                active = [r.personnummer for r in recipients if r.state is RecipientState.ACTIVE]
                dispatch = follow(
                    records, follows, dispatch, active, checked.places, actor=actor, now=now
                )
            if not records.dispatches.add(
                dispatch,
                recipients,
                submission_key=submission_key,
                content_seal=seal,
                draft_id=draft.id if draft else None,
            ):
                earlier = records.dispatches.submitted(
                    actor.unit_id, submission_key, content_seal=seal
                )
                if earlier is None and draft is not None:
                    # Another page has started the same draft, with something else in it.
                    earlier = records.dispatches.of_draft(actor.unit_id, draft.id)
                assert earlier is not None
                return records.dispatches.get(earlier)
            records.access_log.write(
                [
                    LogEntry(
                        actor=actor,
                        activity=Activity.WRITE,
                        act="lagt till mottagare i utskick",
                        personnummer=recipient.personnummer,
                        dispatch_id=dispatch.id,
                    )
                    for recipient in recipients
                ],
                now=now,
            )
            if dispatch.status is DispatchStatus.AWAITING:
                ask_colleague(records, dispatch, actor=actor, rules=self.rules, now=now)
        return dispatch


def _end_draft(draft: DraftInUse | None, records: Transaction, actor: Actor) -> DispatchId | None:
    """Delete it, or find what it has become: of two tabs that start it, one does (I1)."""
    if draft is None:
        return None
    try:
        kept = find_draft(draft, records, actor=actor)
    except NotFound:
        started = records.dispatches.of_draft(actor.unit_id, draft.id)
        if started is None:
            raise
        return started
    if kept is not None:
        records.drafts.delete(kept.id)
    return None


def recipients_of(numbers: list[Personnummer], checked: Checked) -> list[Recipient]:
    """The recipient list; whoever cannot be reached is kept on it, left out, with the reason."""
    unknown = set(checked.unknown)
    return [
        Recipient(
            id=RecipientId(uuid4()),
            personnummer=number,
            name=checked.names.get(number, ""),
            state=RecipientState.LEFT_OUT if refusal else RecipientState.ACTIVE,
            left_out_because=refusal and refusal.value,
            notified_by=None if number in unknown else checked.notified_by.get(number, ()),
        )
        for number in numbers
        for refusal in [checked.refused.get(number)]
    ]

"""Starta paketutskick: from a spec to a saved dispatch with its occasions registered."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_OID, uuid4, uuid5

from utskick.domain.calendar import LocalMoment, default_answer_by
from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
)
from utskick.domain.errors import AlreadyEnded, SpecRefused, StartBlocked
from utskick.domain.forms import FormTemplate
from utskick.domain.occasions import Occasion, OccasionId
from utskick.domain.packages import PackageTemplate, with_forms_desk
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.specs import DispatchSpec, Sending
from utskick.domain.units import Activity, Actor, Unit
from utskick.failpoints import Step
from utskick.ports import (
    Clock,
    FormService,
    Inbox,
    Persons,
    Scheduler,
    Texts,
)
from utskick.records import LogEntry, Store
from utskick.sending.check_forms import require_forms
from utskick.sending.check_recipients import Checked, check_recipients
from utskick.sending.occasion_plans import register_occasions
from utskick.sending.report_errors import report
from utskick.use_cases.draft import Draft
from utskick.use_cases.submissions import content_seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """The neighbours that starting a dispatch talks to."""

    store: Store
    forms: FormService
    persons: Persons
    inbox: Inbox
    scheduler: Scheduler
    texts: Texts
    clock: Clock
    rules: Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDispatch:
    """What can be started as it stands, with what staff should know first."""

    dispatch: Dispatch
    recipients: list[Recipient]
    content_seal: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A dispatch that is saved. `registered` is false while the scheduler is away.

    `already`: this very submission had been made before, and nothing was done again.
    """

    dispatch: Dispatch
    warnings: tuple[str, ...] = ()
    registered: bool = True
    already: bool = False


@dataclass(slots=True, kw_only=True)
class _Understood:
    """A package spec that is whole, but for what only the neighbours know."""

    unit: Unit
    package: PackageTemplate
    forms: list[FormTemplate]
    moments: list[tuple[LocalMoment, datetime]]
    numbers: list[Personnummer]
    message: str


async def start_dispatch(
    spec: DispatchSpec, *, actor: Actor, submission_key: str, with_: Starting, now: datetime
) -> Started:
    """Check everything, then save, then register one occasion after the other.

    Raises `SpecRefused` with all problems, or `StartBlocked`, which the error addresses get a mail
    about; nothing else is stored then. Raises `TemporaryFailure` if a register does not answer.
    The same `submission_key` gives the same dispatch, so that a double click starts one; with
    another spec it raises `KeyReused`, and if the dispatch was stopped or aborted since,
    `AlreadyEnded`.
    """
    seal = content_seal(spec, with_.store)
    if earlier := await asyncio.to_thread(find_earlier, actor, submission_key, with_.store, seal):
        return await asyncio.to_thread(started_before, earlier, with_.store, now)
    checked = await check_dispatch(spec, actor=actor, with_=with_, now=now)
    return await save_and_register(
        checked, actor=actor, submission_key=submission_key, with_=with_, now=now
    )


async def check_dispatch(
    spec: DispatchSpec, *, actor: Actor, with_: Starting, now: datetime
) -> CheckedDispatch:
    """What would be started, for staff to say yes to. Raises as `start_dispatch`; stores nothing.

    A blocked start is reported here too: that staff tried is what the forms desk must know.
    """
    draft = Draft(notifies=spec.creates_inbox_message)
    understood = await asyncio.to_thread(_understand, spec, actor, draft, with_, now)
    if understood is None:
        raise SpecRefused(draft.problems)
    await _require_sendable(understood, spec, with_, now)
    last_sent_on = understood.moments[-1][0].date
    reached = await require_reachable(
        understood.numbers, spec, draft, with_, now=now, last_sent_on=last_sent_on
    )
    return CheckedDispatch(
        dispatch=_dispatch(spec, understood, actor, with_.rules, now),
        recipients=recipients_of(understood.numbers, reached),
        content_seal=content_seal(spec, with_.store),
        warnings=tuple(draft.warnings),
    )


async def require_reachable(
    numbers: list[Personnummer],
    spec: Sending,
    draft: Draft,
    with_: Starting,
    *,
    now: datetime,
    last_sent_on: date,
) -> Checked:
    """Ask the registers about everyone. Raises `SpecRefused` unless all is well with the draft."""
    checked = await check_recipients(
        numbers,
        needs_account=spec.creates_inbox_message,
        store=with_.store,
        persons=with_.persons,
        inbox=with_.inbox,
        clock=with_.clock,
        rules=with_.rules,
    )
    draft.unreachable(numbers, checked, leave_out=spec.leave_out_unreachable)
    if spec.leave_out_unreachable and len(checked.refused) == len(numbers):
        draft.wrong("recipients", "ingen av mottagarna kan nås.", "Kontrollera mottagarlistan.")
    if draft.problems:
        raise SpecRefused(draft.problems)
    draft.children(
        numbers,
        checked,
        today=with_.rules.today(now),
        answer_by=spec.answer_by or default_answer_by(last_sent_on),
    )
    return checked


def find_earlier(
    actor: Actor, submission_key: str, store: Store, seal: str | None = None
) -> Dispatch | None:
    """The dispatch that this very submission became, if it was made before.

    Raises `KeyReused` if it was made with other content than the `seal` is of.
    """
    with store.transaction() as records:
        dispatch_id = records.dispatches.submitted(
            actor.unit_id, submission_key, content_seal=seal
        )
        return records.dispatches.get(dispatch_id) if dispatch_id else None


def started_before(earlier: Dispatch, store: Store, now: datetime) -> Started:
    """The same submission again. Raises `AlreadyEnded`: that it was started says too little."""
    if earlier.status not in (DispatchStatus.STOPPED, DispatchStatus.ABORTED):
        return Started(dispatch=earlier, already=True)
    with store.transaction() as records:
        forms = records.progress.summary(earlier.id)
    raise AlreadyEnded(
        earlier.id,
        label=earlier.label,
        sent=sum(form.sent for form in forms),
        may_restart=earlier.may_restart(now=now),
        has_a_rest=any(occasion.has_a_rest for occasion in earlier.occasions),
    )


def recipients_of(numbers: list[Personnummer], checked: Checked) -> list[Recipient]:
    """The recipient list; whoever cannot be reached is kept on it, left out, with the reason."""
    return [
        Recipient(
            id=RecipientId(uuid4()),
            personnummer=number,
            state=RecipientState.LEFT_OUT if refusal else RecipientState.ACTIVE,
            left_out_because=refusal and refusal.value,
            notified_by=checked.notified_by.get(number, ()),
        )
        for number in numbers
        for refusal in [checked.refused.get(number)]
    ]


async def save_and_register(
    checked: CheckedDispatch,
    *,
    actor: Actor,
    submission_key: str,
    with_: Starting,
    now: datetime,
) -> Started:
    """Save in one transaction, then register: the reconciler does what of that fails.

    Raises `KeyReused` if the key was taken meanwhile, with other content, and `AlreadyEnded`.
    """
    dispatch = checked.dispatch
    saved = await asyncio.to_thread(_save, checked, actor, submission_key, with_.store, now)
    if saved.id != dispatch.id:
        return await asyncio.to_thread(started_before, saved, with_.store, now)
    registered = await asyncio.to_thread(
        register_occasions,
        dispatch.id,
        store=with_.store,
        scheduler=with_.scheduler,
        rules=with_.rules,
        now=now,
    )
    return Started(dispatch=dispatch, warnings=checked.warnings, registered=registered)


def _understand(
    spec: DispatchSpec, actor: Actor, draft: Draft, with_: Starting, now: datetime
) -> _Understood | None:
    rules = with_.rules
    with with_.store.transaction() as records:
        unit = draft.unit(spec, actor.unit_id, records)
        package = records.packages.find(actor.unit_id, spec.package.strip())
        if package is None:
            draft.wrong(
                "package",
                "paketutskicket finns inte för enheten.",
                "Kontrollera namnet, eller be den regionala förvaltningen lägga till det.",
            )
        forms = draft.forms(spec.forms or [], records)
        if package is not None and spec.forms is None:
            forms = [a.form for a in records.forms.access(actor.unit_id, package.template_ids)]
    numbers = draft.recipients(spec, rules=rules, today=rules.today(now))
    draft.free_texts(spec, spec.title)
    moments: list[tuple[LocalMoment, datetime]] = []
    if package is not None:
        moments = draft.moments(spec, package, rules=rules, now=now)
    default = package.inbox_message if package else None
    message = draft.message(spec, default=default, texts=with_.texts)
    draft.dates(
        spec,
        first_sent_on=moments[0][0].date if moments else None,
        last_sent_on=moments[-1][0].date if moments else None,
    )
    if draft.problems or unit is None or package is None:
        return None
    return _Understood(
        unit=unit,
        package=package,
        forms=forms,
        moments=moments,
        numbers=numbers,
        message=message,
    )


async def _require_sendable(
    understood: _Understood, spec: DispatchSpec, with_: Starting, now: datetime
) -> None:
    """Block the start, and keep the report to the error addresses."""
    template_ids = [form.id for form in understood.forms]
    try:
        await require_forms(
            understood.unit.id, template_ids, store=with_.store, forms=with_.forms, now=now
        )
    except StartBlocked as blocked:
        await asyncio.to_thread(_report_blocked, understood, spec, blocked, with_, now)
        raise


def _report_blocked(
    understood: _Understood,
    spec: DispatchSpec,
    blocked: StartBlocked,
    with_: Starting,
    now: datetime,
) -> None:
    """One mail to each address for each package, unit and what blocks it, at most one an hour.

    The background work mails it: nobody should wait for a slow relay.
    """
    unit, package = understood.unit, understood.package
    # The names are too long for a key, and the package's own key may be.
    blocking = uuid5(NAMESPACE_OID, repr((package.key, blocked.archived, blocked.unsubscribed)))
    with with_.store.transaction() as records:
        report(
            records,
            subject=unit.id,
            cause=f"blocked-start-{now:%Y-%m-%dT%H}-{blocking}",
            text="blocked_start.txt",
            values={
                "package_name": package.name,
                "unit_name": unit.name,
                "unit_id": unit.id,
                "archived": list(blocked.archived),
                "unsubscribed": list(blocked.unsubscribed),
            },
            addresses=_addresses(spec, package, with_.rules),
            now=now,
        )


def _addresses(spec: DispatchSpec, package: PackageTemplate, rules: Rules) -> tuple[str, ...]:
    return with_forms_desk(
        (*package.error_addresses, *spec.error_addresses), forms_desk=rules.forms_desk
    )


def _dispatch(
    spec: DispatchSpec, understood: _Understood, actor: Actor, rules: Rules, now: datetime
) -> Dispatch:
    package = understood.package
    return Dispatch(
        id=DispatchId(uuid4()),
        kind=DispatchKind.PACKAGE,
        unit_id=understood.unit.id,
        name=package.name,
        title=spec.title or package.resident_title,
        forms=tuple(DispatchedForm(f.id, f.name, f.resident_name) for f in understood.forms),
        occasions=tuple(
            Occasion(
                id=OccasionId(uuid4()),
                number=number,
                local_date=moment.date,
                local_time=moment.time,
                zone=rules.zone,
                sends_at=sends_at,
            )
            for number, (moment, sends_at) in enumerate(understood.moments, start=1)
        ),
        error_addresses=_addresses(spec, package, rules),
        creates_inbox_message=spec.creates_inbox_message,
        inbox_message=understood.message,
        form_banner=spec.form_banner,
        created_by=actor.name,
        created_at=now,
        answer_by=spec.answer_by,
        purge_after=spec.purge_after,
        package_key=package.key,
        package_version=package.version,
    )


def _save(
    checked: CheckedDispatch, actor: Actor, submission_key: str, store: Store, now: datetime
) -> Dispatch:
    dispatch, recipients = checked.dispatch, checked.recipients
    with store.transaction(Step.START) as records:
        seal = checked.content_seal
        if not records.dispatches.add(
            dispatch, recipients, submission_key=submission_key, content_seal=seal
        ):
            earlier = records.dispatches.submitted(
                actor.unit_id, submission_key, content_seal=seal
            )
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
    return dispatch

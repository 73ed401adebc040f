"""Starta paketutskick: from a spec to a saved dispatch with its occasions registered."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import NAMESPACE_OID, uuid4, uuid5

from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchId,
    DispatchKind,
)
from utskick.domain.drafts import DraftInUse
from utskick.domain.errors import SpecRefused, StartBlocked
from utskick.domain.forms import FormTemplate
from utskick.domain.languages import Translations
from utskick.domain.message_advice import of_untranslated, warnings_about
from utskick.domain.occasions import Occasion, OccasionId
from utskick.domain.packages import PackageTemplate, with_forms_desk
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.series import Follows
from utskick.domain.specs import DispatchSpec, addresses_elsewhere
from utskick.domain.units import Actor, Unit
from utskick.sending.check_forms import require_forms
from utskick.sending.report_errors import report
from utskick.use_cases.dry_run import DryRun, dry_run_of
from utskick.use_cases.follow_dispatch import problems_of_following
from utskick.use_cases.schedule_reading import ReadMoment, ScheduleReading
from utskick.use_cases.spec_reading import SpecReading
from utskick.use_cases.submissions import (
    CheckedDispatch,
    Started,
    Submitting,
    content_seal,
    recipients_of,
)


@dataclass(slots=True, kw_only=True)
class _Understood:
    """A package spec that is whole, but for what only the neighbours know."""

    unit: Unit
    package: PackageTemplate
    forms: list[FormTemplate]
    moments: list[ReadMoment]
    numbers: list[Personnummer]
    message: str
    translations: Translations


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDispatch(Submitting):
    async def __call__(
        self,
        spec: DispatchSpec,
        *,
        actor: Actor,
        submission_key: str,
        now: datetime,
        draft: DraftInUse | None = None,
    ) -> Started:
        """Check everything, then save, then register one occasion after the other.

        Raises `SpecRefused` with all problems, or `StartBlocked`, which the error addresses get a
        mail about; nothing else is stored then. Raises `Braked`, and `TemporaryFailure` if a
        register does not answer. The same `submission_key` gives the same dispatch, so that a
        double click starts one; with another spec it raises `KeyReused`, and if the dispatch was
        stopped or aborted since, `AlreadyEnded`.
        """
        check = partial(self.check, spec, actor=actor, now=now)
        return await self.submit_once(
            spec, check, actor=actor, submission_key=submission_key, now=now, draft=draft
        )

    async def dry_run(self, spec: DispatchSpec, *, actor: Actor, now: datetime) -> DryRun:
        """What would be started, and what residents would get; nothing is kept, nobody is mailed.

        Raises as the start itself. That the registers were asked about somebody is logged, as
        ever.
        """
        checked = await self.check(spec, actor=actor, now=now, reports=False)
        unit = await asyncio.to_thread(self._unit, actor)
        return dry_run_of(checked, unit, texts=self.texts)

    async def check(
        self, spec: DispatchSpec, *, actor: Actor, now: datetime, reports: bool = True
    ) -> CheckedDispatch:
        """What would be started, for staff to say yes to; stores nothing.

        Raises as the start itself. Unless it only is a dry run, a blocked start is reported here
        too: that staff tried is what the forms desk must know.
        """
        reading = SpecReading(notifies=spec.creates_inbox_message, for_system=actor.is_a_system)
        understood = await asyncio.to_thread(self._understand, spec, actor, reading, now)
        if understood is None:
            raise SpecRefused(reading.problems)
        await asyncio.to_thread(self.require_unbraked, understood.unit.id, understood.forms)
        await self._require_sendable(understood, spec, now, reports=reports)
        dispatch = _dispatch(spec, understood, actor, self.rules, now)
        reached = await self.require_reachable(
            understood.numbers,
            spec,
            reading,
            actor=actor,
            now=now,
            answer_by=max(dispatch.last_day(occasion).day for occasion in dispatch.occasions),
        )
        reached, already_sent = await self.look_back(
            reached, understood.numbers, spec, reading, dispatch, now=now
        )
        recipients = recipients_of(understood.numbers, reached)
        package_needs = understood.package.needs_approval
        return CheckedDispatch(
            dispatch=self.held(dispatch, recipients, package_needs=package_needs),
            recipients=recipients,
            content_seal=content_seal(spec),
            date_warnings=tuple(reading.date_warnings),
            warnings=(
                *reading.warnings,
                *warnings_about(dispatch, understood.unit),
                *of_untranslated(
                    dispatch.inbox_message, dispatch.inbox_messages, understood.package
                ),
            ),
            already_sent=already_sent,
            places=reading.places,
            follows=_follows(spec),
        )

    def _understand(
        self, spec: DispatchSpec, actor: Actor, reading: SpecReading, now: datetime
    ) -> _Understood | None:
        rules = self.rules
        with self.store.transaction() as records:
            unit = reading.unit(spec, actor.unit_id, records)
            package = records.packages.find(actor.unit_id, spec.package.strip())
            if package is None:
                reading.wrong(
                    "package",
                    "paketutskicket finns inte för enheten.",
                    "Kontrollera namnet, eller be den regionala förvaltningen lägga till det.",
                )
            elif package.is_for_visits:
                reading.wrong(
                    "package",
                    "paketet skickas före besök.",
                    "Starta det som ett besöksutskick under Besök.",
                )
            forms = reading.forms(spec.forms or [], records)
            if package is not None and spec.forms is None:
                forms = [a.form for a in records.forms.access(actor.unit_id, package.template_ids)]
        numbers = reading.recipients(spec, rules=rules, today=rules.today(now))
        self._require_following(spec, numbers, reading, actor, now)
        reading.free_texts(spec, spec.title)
        reading.problems += addresses_elsewhere(spec.error_addresses, rules.error_domains)
        moments: list[ReadMoment] = []
        if package is not None:
            schedule = ScheduleReading(
                reading=reading,
                package=package,
                rules=rules,
                hours=rules.hours_of(unit),
                now=now,
            )
            moments = schedule.moments(spec)
        default = package.inbox_message if package else None
        message, translations = reading.message(
            spec,
            default=default,
            translations=package.inbox_messages if package else {},
            texts=self.texts,
        )
        reading.dates(
            spec,
            first_sent_on=moments[0].local.date if moments else None,
            last_sent_on=moments[-1].local.date if moments else None,
            answer_by=max((m.answer_by.day for m in moments if m.answer_by), default=None),
        )
        if reading.problems or unit is None or package is None:
            return None
        return _Understood(
            unit=unit,
            package=package,
            forms=forms,
            moments=moments,
            numbers=numbers,
            message=message,
            translations=translations,
        )

    def _unit(self, actor: Actor) -> Unit:
        with self.store.transaction() as records:
            return records.units.get(actor.unit_id)

    def _require_following(
        self,
        spec: DispatchSpec,
        numbers: list[Personnummer],
        reading: SpecReading,
        actor: Actor,
        now: datetime,
    ) -> None:
        if (follows := _follows(spec)) is None:
            return
        with self.store.transaction() as records:
            reading.problems += problems_of_following(
                records, follows, numbers, reading.places, actor=actor, now=now
            )

    async def _require_sendable(
        self, understood: _Understood, spec: DispatchSpec, now: datetime, *, reports: bool
    ) -> None:
        """Block the start, and keep the report to the error addresses if it `reports`."""
        template_ids = [form.id for form in understood.forms]
        try:
            await require_forms(
                understood.unit.id, template_ids, store=self.store, forms=self.forms, now=now
            )
        except StartBlocked as blocked:
            if reports:
                await asyncio.to_thread(self._report_blocked, understood, spec, blocked, now)
            raise

    def _report_blocked(
        self,
        understood: _Understood,
        spec: DispatchSpec,
        blocked: StartBlocked,
        now: datetime,
    ) -> None:
        """One mail to each address for each package, unit and what blocks it, at most one an hour.

        The background work mails it: nobody should wait for a slow relay.
        """
        unit, package = understood.unit, understood.package
        # The names are too long for a key, and the package's own key may be.
        blocking = uuid5(
            NAMESPACE_OID, repr((package.key, blocked.archived, blocked.unsubscribed))
        )
        with self.store.transaction() as records:
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
                addresses=_addresses(spec, package, self.rules),
                now=now,
            )


def _follows(spec: DispatchSpec) -> Follows | None:
    """What it replaces, or else adds to."""
    if spec.replaces is not None:
        return Follows(DispatchId(spec.replaces), replaces=True, as_seen=spec.replaces_as_seen)
    if spec.adds_to is not None:
        return Follows(DispatchId(spec.adds_to), replaces=False)
    return None


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
                local_date=moment.local.date,
                local_time=moment.local.time,
                zone=rules.zone,
                sends_at=moment.sends_at,
                answer_by=moment.answer_by.day if moment.answer_by else None,
                answer_by_time=moment.answer_by.at if moment.answer_by else None,
            )
            for number, moment in enumerate(understood.moments, start=1)
        ),
        error_addresses=_addresses(spec, package, rules),
        creates_inbox_message=spec.creates_inbox_message,
        inbox_message=understood.message,
        inbox_messages=understood.translations,
        form_banner=package.form_banner if spec.form_banner is None else spec.form_banner,
        created_by=actor.name,
        created_at=now,
        answer_by=spec.answer_by,
        purge_after=spec.purge_after,
        package_key=package.key,
        package_version=package.version,
    )

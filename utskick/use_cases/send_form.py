"""Skicka formulär, and Skicka NAFS formulär: one form, to the recipients, now."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

from utskick.domain.calendar import default_answer_by
from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchId,
    DispatchKind,
)
from utskick.domain.drafts import DraftInUse
from utskick.domain.errors import SpecRefused
from utskick.domain.forms import FormTemplate
from utskick.domain.languages import Translations
from utskick.domain.message_advice import warnings_about
from utskick.domain.occasions import Occasion, OccasionId
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.specs import FormSpec
from utskick.domain.units import Actor, Unit
from utskick.sending.check_forms import require_forms
from utskick.use_cases.spec_reading import SpecReading
from utskick.use_cases.submissions import (
    CheckedDispatch,
    Started,
    Submitting,
    content_seal,
    recipients_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Understood:
    unit: Unit
    form: FormTemplate
    numbers: list[Personnummer]
    message: str
    translations: Translations


@dataclass(frozen=True, slots=True, kw_only=True)
class SendForm(Submitting):
    async def __call__(
        self,
        spec: FormSpec,
        *,
        actor: Actor,
        submission_key: str,
        now: datetime,
        draft: DraftInUse | None = None,
    ) -> Started:
        """Check everything, then save a dispatch of one form and one occasion, due now.

        Raises as `start_dispatch`, but reports nothing to the forms desk: staff choose another
        form.
        """
        check = partial(self.check, spec, actor=actor, now=now)
        return await self.submit_once(
            spec, check, actor=actor, submission_key=submission_key, now=now, draft=draft
        )

    async def check(
        self, spec: FormSpec, *, actor: Actor, now: datetime, by_name: bool = False
    ) -> CheckedDispatch:
        """What would be sent, for staff to say yes to. Raises as the sending; stores nothing.

        `by_name`: its warnings may name recipients, for pages alone.
        """
        reading = SpecReading(
            notifies=spec.creates_inbox_message, for_system=actor.is_a_system, by_name=by_name
        )
        understood = await asyncio.to_thread(self._understand, spec, actor, reading, now)
        if understood is None:
            raise SpecRefused(reading.problems)
        await asyncio.to_thread(self.require_unbraked, understood.unit.id, [understood.form])
        await require_forms(
            understood.unit.id, [understood.form.id], store=self.store, forms=self.forms, now=now
        )
        today = self.rules.today(now)
        reached = await self.require_reachable(
            understood.numbers,
            spec,
            reading,
            actor=actor,
            now=now,
            answer_by=spec.answer_by or default_answer_by(today),
        )
        if reading.notifies and (warning := self.rules.warning_now(now, unit=understood.unit)):
            reading.warnings.append(warning)
        dispatch = _dispatch(spec, understood, actor, self.rules, now)
        reached, already_sent = await self.look_back(
            reached, understood.numbers, spec, reading, dispatch, now=now
        )
        recipients = recipients_of(understood.numbers, reached)
        return CheckedDispatch(
            dispatch=self.held(dispatch, recipients),
            recipients=recipients,
            content_seal=content_seal(spec),
            warnings=(*reading.warnings, *warnings_about(dispatch, understood.unit)),
            already_sent=already_sent,
            places=reading.places,
        )

    def _understand(
        self, spec: FormSpec, actor: Actor, reading: SpecReading, now: datetime
    ) -> _Understood | None:
        rules = self.rules
        today = rules.today(now)
        with self.store.transaction() as records:
            unit = reading.unit(spec, actor.unit_id, records)
            found = reading.forms([spec.form], records)
        numbers = reading.recipients(spec, rules=rules, today=today)
        reading.free_texts(spec)
        default = self.texts.read("inbox/single_form.txt")
        message, translations = reading.message(spec, default=default, texts=self.texts)
        reading.dates(spec, first_sent_on=today, last_sent_on=today)
        if reading.problems or unit is None:
            return None
        return _Understood(
            unit=unit, form=found[0], numbers=numbers, message=message, translations=translations
        )


def _dispatch(
    spec: FormSpec, understood: _Understood, actor: Actor, rules: Rules, now: datetime
) -> Dispatch:
    form = understood.form
    local = now.astimezone(rules.zone)
    occasion = Occasion(
        id=OccasionId(uuid4()),
        number=1,
        local_date=local.date(),
        local_time=local.time().replace(microsecond=0),
        zone=rules.zone,
        sends_at=now,
        # Staff send it now, at whatever hour: it has the whole grace to arrive.
        by_hand_at=now,
    )
    return Dispatch(
        id=DispatchId(uuid4()),
        kind=DispatchKind.FORM,
        unit_id=understood.unit.id,
        name=form.name,
        title=form.resident_name,
        forms=(DispatchedForm(form.id, form.name, form.resident_name),),
        occasions=(occasion,),
        error_addresses=(rules.forms_desk,),
        creates_inbox_message=spec.creates_inbox_message,
        inbox_message=understood.message,
        inbox_messages=understood.translations,
        form_banner=spec.form_banner or "",
        created_by=actor.name,
        created_at=now,
        answer_by=spec.answer_by,
        purge_after=spec.purge_after,
    )

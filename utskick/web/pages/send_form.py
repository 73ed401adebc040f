"""Skicka formulär, and Skicka NAFS formulär.

One form in two steps, each with its address; what has been filled in is a draft's, so that back,
reload and another machine show it as it is.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.calendar import default_answer_by, default_purge_after, read_date
from utskick.domain.dispatches import DispatchId
from utskick.domain.drafts import DraftKind, FilledFields
from utskick.domain.errors import AlreadyEnded, Problem, SpecRefused, StartBlocked
from utskick.domain.forms import Catalogue, FormTemplate
from utskick.domain.message_names import NAMES
from utskick.domain.rate_limits import Limit
from utskick.domain.rules import Rules
from utskick.domain.schedules import AnswerBy
from utskick.domain.specs import FormSpec
from utskick.sending.message_values import values_of
from utskick.use_cases.list_forms import ORDINARY, OfferedForms, meant
from utskick.use_cases.preview_message import MessagePreview
from utskick.use_cases.submissions import submission_key
from utskick.web.callers import Wired
from utskick.web.labels import FIELD_LABELS
from utskick.web.pages.draft_desk import PAGES, AtDraft, DraftDesk, fields_of
from utskick.web.pages.frame import fragment, page, problems_by_field, see_other
from utskick.web.pages.offered_forms import elsewhere, groups, is_on_other_page, not_meant
from utskick.web.pages.posted import act, read_message, read_spec, text
from utskick.web.pages.recipient_list import RecipientList
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.wiring import Services

router = page_router()


@dataclass(frozen=True, slots=True)
class FormPage:
    """The two pages differ in which forms they offer."""

    heading: str
    catalogues: Collection[Catalogue]


_KINDS = {
    DraftKind.FORM: FormPage("Skicka formulär", ORDINARY),
    DraftKind.NAFS: FormPage("Skicka NAFS formulär", (Catalogue.NAFS,)),
}
_QUESTION = "/fraga"
_ORDINARY, _NAFS = "/skicka-formular", "/skicka-nafs-formular"
_DRAFT = "/utkast/{draft_id}"


@dataclass(slots=True, kw_only=True)
class FilledForm:
    """What has been filled in so far.

    The question has said: `again` that it has been sent before, `warned` that it is early or late.
    """

    form: str
    recipients: RecipientList
    answer_by: str
    purge_after: str
    creates_inbox_message: bool
    inbox_message: str
    form_banner: str
    again: bool = False
    warned: bool = False

    @classmethod
    def untouched(cls, today: date, message: str) -> Self:
        """Empty, but for the dates and the message."""
        return cls(
            form="",
            recipients=RecipientList(),
            answer_by=f"{default_answer_by(today)}",
            purge_after=f"{default_purge_after(today)}",
            creates_inbox_message=True,
            inbox_message=message,
            form_banner="",
        )

    @classmethod
    def read(cls, fields: FormData, *, rules: Rules, now: datetime) -> Self:
        """Raises `InvalidPersonnummer` for what no page of ours has kept."""
        return cls(
            form=text(fields, "form"),
            recipients=RecipientList.read(fields, rules=rules, now=now),
            answer_by=text(fields, "answer_by"),
            purge_after=text(fields, "purge_after"),
            creates_inbox_message="creates_inbox_message" in fields,
            inbox_message=read_message(fields),
            form_banner=text(fields, "form_banner"),
            again=bool(text(fields, "igen")),
            warned=bool(text(fields, "varnad")),
        )

    def fill_in_dates(self, today: date) -> None:
        """An emptied date is the usual one again, for staff to see before they send."""
        self.answer_by = self.answer_by.strip() or f"{default_answer_by(today)}"
        self.purge_after = self.purge_after.strip() or f"{default_purge_after(today)}"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """As a draft has it."""
        ticked = [("creates_inbox_message", "ja")] if self.creates_inbox_message else []
        return [
            ("form", self.form),
            ("answer_by", self.answer_by),
            ("purge_after", self.purge_after),
            *ticked,
            ("inbox_message", self.inbox_message),
            ("form_banner", self.form_banner),
            *self.recipients.kept,
        ]


@dataclass(slots=True, kw_only=True)
class _Step:
    """One request: what was filled in, by whom, and with what to answer it."""

    desk: DraftDesk
    filled: FilledForm
    offered: OfferedForms

    @property
    def visitor(self) -> StaffVisitor:
        return self.desk.visitor

    @property
    def wired(self) -> Services:
        return self.desk.wired

    @property
    def now(self) -> datetime:
        return self.desk.now

    @property
    def form(self) -> FormTemplate | None:
        return meant(self.filled.form, self.offered.forms)

    def spec(self) -> FormSpec:
        """Raises `SpecRefused`."""
        filled = self.filled
        return read_spec(
            FormSpec,
            {
                "unit": self.visitor.unit.id,
                "form": self.form.key if self.form else filled.form,
                **filled.recipients.fields,
                "answer_by": filled.answer_by or None,
                "purge_after": filled.purge_after or None,
                "creates_inbox_message": filled.creates_inbox_message,
                "inbox_message": filled.inbox_message,
                "form_banner": filled.form_banner,
            },
        )

    def message(self) -> MessagePreview:
        unit, filled = self.visitor.unit, self.filled
        heading = self.form.resident_name if self.form else "[formulärets namn]"
        values = values_of(
            unit,
            heading=heading,
            forms=1,
            answer_by=AnswerBy(read_date(self.filled.answer_by) or default_answer_by(self.today)),
            occasion=1,
            occasions=1,
        )
        return self.wired.preview_message(
            filled.inbox_message,
            heading=heading,
            banner=filled.form_banner,
            values=values,
            forms=1,
            unit=unit,
        )

    @property
    def today(self) -> date:
        return self.wired.rules.today(self.now)

    @property
    def too_late_or_early(self) -> bool:
        """Whether recipients would be notified at an hour that staff should think of."""
        notified = self.filled.creates_inbox_message
        warning = self.wired.rules.warning_now(self.now, unit=self.visitor.unit)
        return notified and warning is not None

    def leave_out(self, kind: str) -> None:
        """Those of the list who have got something already, of the kind that was shown."""
        recipients = self.filled.recipients
        found = self.wired.find_already_sent(
            [each.number for each in recipients.listed],
            [self.form.id] if self.form else [],
            names={},
            actor=self.visitor.actor,
            now=self.now,
        )
        recipients.leave_out([n for each in found if each.kind == kind for n in each.numbers])

    async def keep(self) -> None:
        """Raises as `DraftDesk.keep`."""
        filled = self.filled
        what = self.form.name if self.form else filled.form
        numbers = [each.number for each in filled.recipients.listed]
        await self.desk.keep(what, numbers, filled.kept, untouched=_untouched(self.desk))

    async def show(self, problems: tuple[Problem, ...] = ()) -> Response:
        """The first page."""
        return await self._page("send_form.html", "", problems)

    async def ask(self, **values: Any) -> Response:
        """The question whether to send. The advice is among the warnings there."""
        message = replace(self.message(), advice=())
        return await self._page("send_form_confirm.html", _QUESTION, message=message, **values)

    async def _page(
        self,
        name: str,
        at: str,
        problems: tuple[Problem, ...] = (),
        message: MessagePreview | None = None,
        **values: Any,
    ) -> Response:
        desk = self.desk
        await desk.keep_posted(self.keep)
        if desk.leads_on and not (problems or self.filled.recipients.problems):
            return see_other(desk.address + at)
        other = DraftKind.NAFS if desk.kind is DraftKind.FORM else DraftKind.FORM
        answer = page(
            desk.request,
            name,
            visitor=self.visitor,
            status_code=422 if problems else 200,
            heading=_KINDS[desk.kind].heading,
            filled=self.filled,
            groups=groups(self.offered.forms),
            elsewhere=elsewhere(self.offered),
            is_on_other_page=is_on_other_page(self.filled.form, self.offered),
            other_page=(PAGES[other], _KINDS[other].heading),
            message=message or self.message(),
            names=[each for each in NAMES.values() if not each.of_several],
            problems=problems_by_field(problems),
            labels=FIELD_LABELS,
            limits=self.wired.rules.limits,
            draft=desk.shown,
            drafts=0 if desk.draft else self.wired.open_draft.count(actor=self.visitor.actor),
            at=PAGES[desk.kind],
            **values,
        )
        return desk.located(answer, at)


@router.get(_ORDINARY, name="send-form-page")
@router.get(_NAFS, name="send-nafs-form-page")
async def begin(desk: AtDraft) -> Response:
    """An empty page, but for the dates and the message. Nothing is kept of it yet."""
    step = await asyncio.to_thread(_step, desk, desk.filled_in(FormData(), _untouched(desk)))
    return await step.show()


@router.get(_ORDINARY + _DRAFT, name="form-draft-page")
@router.get(_NAFS + _DRAFT, name="nafs-form-draft-page")
async def go_on(desk: AtDraft) -> Response:
    """A draft, as it was left."""
    return await (await _opened(desk)).show()


@router.get(_ORDINARY + _DRAFT + _QUESTION, name="form-question-page")
@router.get(_NAFS + _DRAFT + _QUESTION, name="nafs-form-question-page")
async def ask(desk: AtDraft) -> Response:
    """The question whether to send it, as it would be sent now."""
    return await _check(await _opened(desk))


@router.post(_ORDINARY + _DRAFT, name="fill-in-form")
@router.post(_NAFS + _DRAFT, name="fill-in-nafs-form")
async def fill_in(desk: AtDraft, posted: Posted) -> Response:
    """Whatever button was pressed: nothing is sent before the last, *Ja, skicka*."""
    await desk.take(posted)
    step = await asyncio.to_thread(_step, desk, desk.filled_in(posted, _untouched(desk)))
    wired, now, actor = desk.wired, desk.now, desk.visitor.actor
    recipients = step.filled.recipients
    await recipients.catch_up(actor=actor, wired=wired, now=now)
    match act(posted):
        case "visa", _:
            return await _preview_form(step)
        case (("skicka" | "hoppa-over"), kind):
            if kind:
                await asyncio.to_thread(step.leave_out, kind)
            if await recipients.take_left(posted, actor=actor, wired=wired, now=now):
                await recipients.watch(actor=actor, wired=wired, now=now)
                return await step.show()
            return await _lead_to_question(step)
        case "ja-skicka", _ if step.filled.warned or not step.too_late_or_early:
            return await _send(step)
        case (("ja-skicka" | "fraga-lista"), _):
            # It has become late since the question was shown, or somebody is looked for in it.
            return await _check(step)
        case _:
            await recipients.change(posted, actor=actor, wired=wired, now=now)
            await recipients.watch(actor=actor, wired=wired, now=now)
            return await step.show()


@router.post(_ORDINARY + _DRAFT + "/spara", name="save-form-draft")
@router.post(_NAFS + _DRAFT + "/spara", name="save-nafs-form-draft")
async def save(desk: AtDraft, posted: Posted) -> Response:
    """What is typed, as it is typed."""
    return await desk.save_typed(posted, text(posted, "form"), _untouched(desk))


@router.post(_ORDINARY + "/meddelande", name="preview-form-message")
@router.post(_NAFS + "/meddelande", name="preview-nafs-form-message")
async def preview(desk: AtDraft, posted: Posted) -> Response:
    """The inbox message as it stands, while it is being written."""
    step = await asyncio.to_thread(_step, desk, posted)
    return fragment("message.html", message=step.message())


@router.get(_ORDINARY + "/skickat/{dispatch_id}", name="form-sent-page")
@router.get(_NAFS + "/skickat/{dispatch_id}", name="nafs-form-sent-page")
def confirm(
    request: Request, dispatch_id: UUID, visitor: Staff, wired: Wired, *, redan: bool = False
) -> Response:
    """Manual: "En bekräftelse visas." It follows the sending, and can be reloaded."""
    progress = wired.show_progress(DispatchId(dispatch_id), actor=visitor.actor)
    return page(
        request,
        "sent.html",
        visitor=visitor,
        progress=progress,
        already=redan,
        onwards="/" + request.url.path.split("/")[1],
    )


def _untouched(desk: DraftDesk) -> FilledFields:
    """The fields of a page on which nothing has been filled in."""
    message = desk.wired.texts.read("inbox/single_form.txt")
    return fields_of(FilledForm.untouched(desk.wired.rules.today(desk.now), message).kept)


async def _opened(desk: DraftDesk) -> _Step:
    anew = await desk.open()
    step = await asyncio.to_thread(_step, desk, desk.filled_in(FormData(), {}))
    recipients, actor = step.filled.recipients, desk.visitor.actor
    if anew:
        await recipients.look_again(actor=actor, wired=desk.wired, now=desk.now)
        await step.keep()
    await recipients.watch(actor=actor, wired=desk.wired, now=desk.now)
    return step


def _step(desk: DraftDesk, fields: FormData) -> _Step:
    catalogues = _KINDS[desk.kind].catalogues
    return _Step(
        desk=desk,
        filled=FilledForm.read(fields, rules=desk.wired.rules, now=desk.now),
        offered=desk.wired.list_forms(actor=desk.visitor.actor, catalogues=catalogues),
    )


async def _preview_form(step: _Step) -> Response:
    await step.keep()
    if step.form is None:
        return await step.show((_no_form(step),))
    residents = step.wired.settings.residents
    return see_other(residents.url + residents.preview_path.format(template_id=step.form.id))


async def _lead_to_question(step: _Step) -> Response:
    """Without a script it is asked at its own address, which can be reloaded."""
    if not step.desk.leads_on:
        return await _check(step)
    step.filled.fill_in_dates(step.today)
    await step.keep()
    return see_other(step.desk.address + _QUESTION)


async def _check(step: _Step) -> Response:
    """Everything that is wrong at once, or the question whether to send."""
    step.filled.fill_in_dates(step.today)
    recipients, actor = step.filled.recipients, step.visitor.actor
    await recipients.count_look_ups(actor=actor, wired=step.wired)
    await recipients.watch(actor=actor, wired=step.wired, now=step.now)
    if step.form is None:
        # What else is wrong is shown as well, beside the form that nobody knows.
        recipients.require_someone()
        return await step.show((_no_form(step), *recipients.problems))
    try:
        spec = step.spec()
        checked = await step.wired.send_form.check(
            spec, actor=step.visitor.actor, now=step.now, by_name=True
        )
    except SpecRefused as refused:
        return await step.show(refused.problems)
    except StartBlocked as blocked:
        return await step.show((Problem("form", blocked.staff_message, ""),))
    step.filled.recipients.know_names(checked.recipients)
    key = submission_key(spec)
    earlier = await asyncio.to_thread(step.wired.send_form.find_earlier, step.visitor.actor, key)
    step.filled.again = earlier is not None
    step.filled.warned = step.too_late_or_early
    return await step.ask(checked=checked, earlier=earlier)


async def _send(step: _Step) -> Response:
    desk = step.desk
    step.wired.rate_limits.take(Limit.SENDS, step.visitor.unit.id)
    try:
        spec = step.spec()
        key = submission_key(spec, given=desk.name if step.filled.again else "")
        started = await step.wired.send_form(
            spec, actor=step.visitor.actor, submission_key=key, now=step.now, draft=desk.in_use
        )
    except SpecRefused as refused:
        return await step.show(refused.problems)
    except StartBlocked as blocked:
        return await step.show((Problem("form", blocked.staff_message, ""),))
    except AlreadyEnded as ended:
        return see_other(f"/paketutskick/{ended.dispatch_id}?besked=slutat")
    if started.awaits_approval:
        return see_other(f"/paketutskick/{started.dispatch.id}?besked=vantar")
    already = "?redan=1" if started.already else ""
    return see_other(f"{PAGES[desk.kind]}/skickat/{started.dispatch.id}{already}")


def _no_form(step: _Step) -> Problem:
    return not_meant("form", step.filled.form, step.offered)

"""Skicka formulär, and Skicka NAFS formulär.

One form in several steps; all that has been filled in travels with it, so that back, reload and
two tabs do no harm.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.calendar import default_answer_by, default_purge_after, read_date
from utskick.domain.dispatches import DispatchId
from utskick.domain.errors import AlreadyEnded, Problem, SpecRefused, StartBlocked
from utskick.domain.forms import Catalogue, FormTemplate
from utskick.domain.message_names import NAMES
from utskick.domain.rate_limits import Limit
from utskick.domain.schedules import AnswerBy
from utskick.domain.specs import FormSpec
from utskick.sending.message_values import values_of
from utskick.use_cases.list_forms import ORDINARY, OfferedForms, meant
from utskick.use_cases.preview_message import MessagePreview
from utskick.use_cases.submissions import submission_key
from utskick.web.callers import Now, Wired
from utskick.web.labels import FIELD_LABELS
from utskick.web.pages.frame import fragment, page, problems_by_field, see_other
from utskick.web.pages.offered_forms import elsewhere, groups, not_meant
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
    "skicka-formular": FormPage("Skicka formulär", ORDINARY),
    "skicka-nafs-formular": FormPage("Skicka NAFS formulär", (Catalogue.NAFS,)),
}


@dataclass(slots=True, kw_only=True)
class FilledForm:
    """What has been filled in so far. `warned`: staff know that it is early or late."""

    form: str
    recipients: RecipientList
    answer_by: str
    purge_after: str
    creates_inbox_message: bool
    inbox_message: str
    form_banner: str
    again: str = ""
    warned: bool = False

    def fill_in_dates(self, today: date) -> None:
        """An emptied date is the usual one again, for staff to see before they send."""
        self.answer_by = self.answer_by.strip() or f"{default_answer_by(today)}"
        self.purge_after = self.purge_after.strip() or f"{default_purge_after(today)}"

    @property
    def carried(self) -> list[tuple[str, str]]:
        """As hidden fields, for the question before the form is sent."""
        ticked = [("creates_inbox_message", "ja")] if self.creates_inbox_message else []
        return [
            ("form", self.form),
            ("answer_by", self.answer_by),
            ("purge_after", self.purge_after),
            *ticked,
            ("inbox_message", self.inbox_message),
            ("form_banner", self.form_banner),
            ("again", self.again),
            ("varnad", "ja" if self.warned else ""),
            *self.recipients.carried,
        ]


@dataclass(slots=True, kw_only=True)
class _Step:
    """One request: what was filled in, by whom, and with what to answer it."""

    request: Request
    visitor: StaffVisitor
    wired: Services
    now: datetime
    filled: FilledForm
    kind: FormPage
    offered: OfferedForms

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

    def show(self, problems: tuple[Problem, ...] = ()) -> Response:
        return self._page("send_form.html", 422 if problems else 200, problems=problems)

    def ask(self, **values: Any) -> Response:
        # The advice is among the warnings there.
        message = replace(self.message(), advice=())
        return self._page(
            "send_form_confirm.html", 200, message=message, carried=self.filled.carried, **values
        )

    def _page(
        self,
        name: str,
        status_code: int,
        problems: tuple[Problem, ...] = (),
        message: MessagePreview | None = None,
        **values: Any,
    ) -> Response:
        return page(
            self.request,
            name,
            visitor=self.visitor,
            status_code=status_code,
            heading=self.kind.heading,
            filled=self.filled,
            groups=groups(self.offered.forms),
            elsewhere=elsewhere(self.offered),
            message=message or self.message(),
            names=[each for each in NAMES.values() if not each.of_several],
            problems=problems_by_field(problems),
            labels=FIELD_LABELS,
            limits=self.wired.rules.limits,
            **values,
        )


@router.get("/skicka-formular", name="send-form-page")
@router.get("/skicka-nafs-formular", name="send-nafs-form-page")
def begin(request: Request, visitor: Staff, wired: Wired, now: Now) -> Response:
    """An empty page, but for the dates and the message."""
    today = wired.rules.today(now)
    filled = FilledForm(
        form="",
        recipients=RecipientList(),
        answer_by=f"{default_answer_by(today)}",
        purge_after=f"{default_purge_after(today)}",
        creates_inbox_message=True,
        inbox_message=wired.texts.read("inbox/single_form.txt"),
        form_banner="",
    )
    return _step(request, visitor, wired, now, filled).show()


@router.post("/skicka-formular", name="fill-in-form")
@router.post("/skicka-nafs-formular", name="fill-in-nafs-form")
async def fill_in(
    request: Request, visitor: Staff, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Whatever button was pressed: nothing is sent before the last, *Ja, skicka*."""
    step = await _read(request, visitor, posted, wired, now)
    recipients, actor = step.filled.recipients, visitor.actor
    await recipients.catch_up(actor=actor, wired=wired, now=now)
    match act(posted):
        case "visa", _:
            return _preview_form(step)
        case (("skicka" | "hoppa-over"), kind):
            if kind:
                await asyncio.to_thread(step.leave_out, kind)
            if await recipients.take_left(posted, actor=actor, wired=wired, now=now):
                await recipients.watch(actor=actor, wired=wired, now=now)
                return step.show()
            return await _check(step)
        case "ja-skicka", _ if step.filled.warned or not step.too_late_or_early:
            return await _send(step)
        case (("ja-skicka" | "fraga-lista"), _):
            # It has become late since the question was shown, or somebody is looked for in it.
            return await _check(step)
        case _:
            await recipients.change(posted, actor=actor, wired=wired, now=now)
            await recipients.watch(actor=actor, wired=wired, now=now)
            return step.show()


@router.post("/skicka-formular/meddelande", name="preview-form-message")
@router.post("/skicka-nafs-formular/meddelande", name="preview-nafs-form-message")
async def preview(
    request: Request, visitor: Staff, posted: Posted, wired: Wired, now: Now
) -> Response:
    """The inbox message as it stands, while it is being written."""
    step = await _read(request, visitor, posted, wired, now)
    return fragment("message.html", message=step.message())


@router.get("/skicka-formular/skickat/{dispatch_id}", name="form-sent-page")
@router.get("/skicka-nafs-formular/skickat/{dispatch_id}", name="nafs-form-sent-page")
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


async def _read(
    request: Request, visitor: StaffVisitor, posted: FormData, wired: Services, now: datetime
) -> _Step:
    filled = FilledForm(
        form=text(posted, "form"),
        recipients=RecipientList.read(posted, rules=wired.rules, now=now),
        answer_by=text(posted, "answer_by"),
        purge_after=text(posted, "purge_after"),
        creates_inbox_message="creates_inbox_message" in posted,
        inbox_message=read_message(posted),
        form_banner=text(posted, "form_banner"),
        again=text(posted, "again"),
        warned=bool(text(posted, "varnad")),
    )
    return await asyncio.to_thread(_step, request, visitor, wired, now, filled)


def _step(
    request: Request, visitor: StaffVisitor, wired: Services, now: datetime, filled: FilledForm
) -> _Step:
    kind = _KINDS[request.url.path.split("/")[1]]
    return _Step(
        request=request,
        visitor=visitor,
        wired=wired,
        now=now,
        filled=filled,
        kind=kind,
        offered=wired.list_forms(actor=visitor.actor, catalogues=kind.catalogues),
    )


def _preview_form(step: _Step) -> Response:
    if step.form is None:
        return step.show((_no_form(step),))
    residents = step.wired.settings.residents
    return see_other(residents.url + residents.preview_path.format(template_id=step.form.id))


async def _check(step: _Step) -> Response:
    """Everything that is wrong at once, or the question whether to send."""
    step.filled.fill_in_dates(step.today)
    recipients, actor = step.filled.recipients, step.visitor.actor
    await recipients.count_look_ups(actor=actor, wired=step.wired)
    await recipients.watch(actor=actor, wired=step.wired, now=step.now)
    if step.form is None:
        # What else is wrong is shown as well, beside the form that nobody knows.
        recipients.require_someone()
        return step.show((_no_form(step), *recipients.problems))
    try:
        spec = step.spec()
        checked = await step.wired.send_form.check(spec, actor=step.visitor.actor, now=step.now)
    except SpecRefused as refused:
        return step.show(refused.problems)
    except StartBlocked as blocked:
        return step.show((Problem("form", blocked.staff_message, ""),))
    step.filled.recipients.know_names(checked.recipients)
    key = submission_key(spec)
    earlier = await asyncio.to_thread(step.wired.send_form.find_earlier, step.visitor.actor, key)
    step.filled.again = str(uuid4()) if earlier else ""
    step.filled.warned = step.too_late_or_early
    return step.ask(checked=checked, earlier=earlier)


async def _send(step: _Step) -> Response:
    step.wired.rate_limits.take(Limit.SENDS, step.visitor.unit.id)
    try:
        spec = step.spec()
        key = submission_key(spec, given=step.filled.again)
        started = await step.wired.send_form(
            spec, actor=step.visitor.actor, submission_key=key, now=step.now
        )
    except SpecRefused as refused:
        return step.show(refused.problems)
    except StartBlocked as blocked:
        return step.show((Problem("form", blocked.staff_message, ""),))
    except AlreadyEnded as ended:
        return see_other(f"/paketutskick/{ended.dispatch_id}?besked=slutat")
    if started.awaits_approval:
        return see_other(f"/paketutskick/{started.dispatch.id}?besked=vantar")
    already = "?redan=1" if started.already else ""
    return see_other(f"{step.request.url.path}/skickat/{started.dispatch.id}{already}")


def _no_form(step: _Step) -> Problem:
    return not_meant("form", step.filled.form, step.offered)

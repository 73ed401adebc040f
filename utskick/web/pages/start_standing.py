"""Starta besöksutskick: which visit package, and its texts as residents will read them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Self

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.calendar import default_answer_by
from utskick.domain.errors import Problem, SpecRefused, StartBlocked
from utskick.domain.languages import LANGUAGES
from utskick.domain.message_names import NAMES
from utskick.domain.packages import PackageTemplate
from utskick.domain.schedules import AnswerBy
from utskick.domain.units import HsaId
from utskick.domain.visit_offsets import LATE_VISITS_LABELS
from utskick.ports import TemporaryFailure
from utskick.sending.message_values import values_of
from utskick.use_cases.preview_message import MessagePreview
from utskick.use_cases.standing_dispatches import AlreadyStanding, StandingSpec
from utskick.web.callers import Now, Wired
from utskick.web.labels import FIELD_LABELS
from utskick.web.pages.frame import fragment, page, problems_by_field, see_other
from utskick.web.pages.posted import act, read_message, read_spec, read_translations, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.wiring import Services

router = page_router()

_LABELS = FIELD_LABELS | {"package": "Besökspaket"}
_AWAY = "1177 svarar inte, så inget är startat. Försök igen om en stund."


@dataclass(slots=True, kw_only=True)
class FilledStanding:
    """As typed."""

    package: str = ""
    title: str = ""
    creates_inbox_message: bool = True
    inbox_message: str = ""
    inbox_messages: dict[str, str] = field(default_factory=dict)
    form_banner: str = ""

    @classmethod
    def read(cls, posted: FormData) -> Self:
        """From the page."""
        return cls(
            package=text(posted, "package"),
            title=text(posted, "title"),
            creates_inbox_message="creates_inbox_message" in posted,
            inbox_message=read_message(posted),
            inbox_messages=read_translations(posted),
            form_banner=text(posted, "form_banner"),
        )

    @classmethod
    def preset(cls, package: PackageTemplate) -> Self:
        """As the package is prepared."""
        return cls(
            package=package.key,
            title=package.resident_title,
            inbox_message=package.inbox_message,
            inbox_messages=dict(package.inbox_messages),
            form_banner=package.form_banner,
        )

    def spec(self, unit_id: HsaId) -> StandingSpec:
        """Raises `SpecRefused`."""
        return read_spec(
            StandingSpec,
            {
                "unit": unit_id,
                "package": self.package,
                "title": self.title.strip() or None,
                "creates_inbox_message": self.creates_inbox_message,
                "inbox_message": self.inbox_message,
                "inbox_messages": self.inbox_messages or None,
                "form_banner": self.form_banner,
            },
        )


@router.get("/besok/starta", name="start-standing-page")
def begin(request: Request, visitor: Staff, wired: Wired, now: Now, paket: str = "") -> Response:
    """Which of the unit's visit packages, and its texts."""
    return _form(request, visitor, wired, now, chosen=paket)


@router.post("/besok/starta", name="start-standing-from-page")
async def start(
    request: Request, visitor: Staff, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Start it, or show what keeps it from that."""
    filled = FilledStanding.read(posted)
    problems: Sequence[Problem] = ()
    if act(posted)[0] == "starta":
        try:
            started = await wired.standing_dispatches.start(
                filled.spec(visitor.unit.id), actor=visitor.actor, now=now
            )
            return see_other(f"/besok/utskick/{started.id}?besked=startat")
        except SpecRefused as refused:
            problems = refused.problems
        except AlreadyStanding as there:
            return see_other(f"/besok/utskick/{there.standing.id}")
        except StartBlocked as blocked:
            problems = [Problem("package", blocked.staff_message, "")]
        except TemporaryFailure:
            problems = [Problem("package", _AWAY, "")]
    form = partial(_form, request, visitor, wired, now, chosen=filled.package)
    return await asyncio.to_thread(form, filled=filled, problems=problems)


@router.post("/besok/meddelande", name="preview-standing-message")
def preview(visitor: Staff, posted: Posted, wired: Wired, now: Now) -> Response:
    """The inbox message as it stands, while it is being written."""
    filled = FilledStanding.read(posted)
    package = _package(visitor, wired, now, filled.package)[0]
    if package is None:
        return Response(status_code=404)
    message = _message(filled, package, visitor, wired, now)
    return fragment("message.html", message=message)


def _package(
    visitor: StaffVisitor, wired: Services, now: datetime, chosen: str
) -> tuple[PackageTemplate | None, Sequence[PackageTemplate]]:
    """The one that was chosen, or the only one; and all that there are."""
    packages = wired.standing_dispatches.overview(actor=visitor.actor, now=now).packages
    only = packages[0] if len(packages) == 1 else None
    return next((each for each in packages if each.key == chosen), only), packages


def _message(
    filled: FilledStanding,
    package: PackageTemplate,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
) -> MessagePreview:
    """Were it sent today."""
    forms = wired.preview_dispatch.preset_forms(package, actor=visitor.actor)
    heading = forms[0].form.resident_name if len(forms) == 1 else filled.title
    today, within = wired.rules.today(now), package.answer_within
    values = values_of(
        visitor.unit,
        heading=heading,
        forms=len(forms),
        answer_by=within.after(today) if within else AnswerBy(default_answer_by(today)),
        occasion=1,
        occasions=1,
    )
    return wired.preview_message(
        filled.inbox_message,
        translations=filled.inbox_messages,
        heading=heading,
        banner=filled.form_banner,
        values=values,
        forms=len(forms),
        unit=visitor.unit,
    )


def _form(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    *,
    chosen: str = "",
    filled: FilledStanding | None = None,
    problems: Sequence[Problem] = (),
) -> Response:
    package, packages = _package(visitor, wired, now, chosen)
    if package is not None and filled is None:
        filled = FilledStanding.preset(package)
    return page(
        request,
        "standing_start.html",
        visitor=visitor,
        packages=packages,
        package=package,
        offsets=[offset.in_words for offset in package.visit_offsets] if package else [],
        late=LATE_VISITS_LABELS[package.late_visits] if package else "",
        filled=filled,
        message=_message(filled, package, visitor, wired, now) if filled and package else None,
        names=[each for each in NAMES.values() if not each.of_several],
        languages=LANGUAGES,
        problems=problems_by_field(tuple(problems)),
        labels=_LABELS,
        status_code=422 if problems else 200,
    )

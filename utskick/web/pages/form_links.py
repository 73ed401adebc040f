"""Skicka ett formulär med sms, and Hänvisa till sidan formular.1177.se."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.errors import NotFound, Problem, SpecRefused, StartBlocked
from utskick.domain.forms import Catalogue
from utskick.domain.rate_limits import Limit
from utskick.domain.sms import InvalidMobileNumber, links_elsewhere
from utskick.ports import PermanentFailure, UnknownOutcome
from utskick.use_cases.list_forms import OfferedForms, meant
from utskick.use_cases.send_sms import (
    AlreadyTexted,
    measured_text,
)
from utskick.web.callers import Now, Wired
from utskick.web.pages.frame import fragment, page, problems_by_field
from utskick.web.pages.offered_forms import elsewhere, groups, not_meant
from utskick.web.pages.posted import act, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.wiring import Services

router = page_router()

_LABELS = {"form": "Formulärmall", "mobil": "Mobilnummer", "sms": "Sms", "antal": "Antal formulär"}
_MOST_FORMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """`sms_id` names this very SMS, so that a double click sends one."""

    form: str = ""
    count: str = "1"
    sender: str = ""
    contact: str = ""
    sms: str = ""
    mobile: str = ""
    link: str = ""
    warned: bool = False
    hosts_seen: str = ""
    sms_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """One request, and what it is answered with."""

    request: Request
    visitor: StaffVisitor
    wired: Services
    now: datetime
    offered: OfferedForms

    def show(
        self, filled: _Filled, *problems: Problem, done: str = "", unsure: str = ""
    ) -> Response:
        return page(
            self.request,
            "form_links.html",
            visitor=self.visitor,
            status_code=422 if problems else 200,
            filled=filled,
            groups=groups(self.offered.forms),
            elsewhere=elsewhere(self.offered),
            sms=measured_text(filled.sms),
            problems=problems_by_field(problems),
            labels=_LABELS,
            resident_url=self.wired.rules.resident_url,
            early_or_late=self.early_or_late if filled.warned else None,
            hosts=filled.hosts_seen,
            done=done,
            unsure=unsure,
        )

    @property
    def early_or_late(self) -> str | None:
        """What staff should know before they wake somebody."""
        return self.wired.rules.warning_now(self.now, unit=self.visitor.unit)


@router.get("/formularlank", name="form-link-page")
def begin(request: Request, visitor: Staff, wired: Wired, now: Now) -> Response:
    """Nothing chosen yet; the unit's phone is filled in, its name is not."""
    filled = _Filled(contact=visitor.unit.phone)
    return _desk(request, visitor, wired, now).show(filled)


@router.post("/formularlank", name="fill-in-form-link")
async def fill_in(
    request: Request, visitor: Staff, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Make the link, fill in a text, or send it."""
    desk = await asyncio.to_thread(_desk, request, visitor, wired, now)
    filled = _read(posted)
    acts: dict[str, Any] = {
        "lank": _make_link,
        "fyll-i-lank": _fill_in_link,
        "fyll-i-pagaende": _fill_in_ongoing,
        "skicka": _warn_or_send,
    }
    pressed = acts.get(act(posted)[0])
    if pressed is None:
        return desk.show(filled)
    return await asyncio.to_thread(pressed, desk, filled)


@router.post("/formularlank/langd", name="count-sms")
def count(_visitor: Staff, posted: Posted) -> Response:
    """What the text costs, while it is being written."""
    return fragment("sms_count.html", sms=measured_text(text(posted, "sms")))


def _desk(request: Request, visitor: StaffVisitor, wired: Services, now: datetime) -> _Desk:
    offered = wired.list_forms(actor=visitor.actor, catalogues=tuple(Catalogue))
    return _Desk(request=request, visitor=visitor, wired=wired, now=now, offered=offered)


def _read(posted: FormData) -> _Filled:
    return _Filled(
        form=text(posted, "form"),
        count=text(posted, "antal"),
        sender=text(posted, "avsandare").strip(),
        contact=text(posted, "kontakt").strip(),
        sms=text(posted, "sms"),
        mobile=text(posted, "mobil"),
        link=text(posted, "lank"),
        warned=bool(text(posted, "varnad")),
        hosts_seen=text(posted, "sedda_lankar"),
        sms_id=_id(text(posted, "sms_id")),
    )


def _make_link(desk: _Desk, filled: _Filled) -> Response:
    try:
        link = desk.wired.form_link(_key(desk, filled), unit_id=desk.visitor.unit.id)
    except (NotFound, StartBlocked):
        return desk.show(filled, _no_form(desk, filled))
    return desk.show(replace(filled, link=link))


def _fill_in_link(desk: _Desk, filled: _Filled) -> Response:
    try:
        sms = desk.wired.send_sms.write_form_link(
            _key(desk, filled),
            sender=filled.sender,
            contact=filled.contact,
            actor=desk.visitor.actor,
        )
    except (NotFound, StartBlocked):
        return desk.show(filled, _no_form(desk, filled))
    return desk.show(replace(filled, sms=sms.text))


def _fill_in_ongoing(desk: _Desk, filled: _Filled) -> Response:
    typed = filled.count.strip()
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= len("99") else 0
    if not 1 <= number <= _MOST_FORMS:
        return desk.show(
            filled, Problem("antal", "antalet ska vara mellan 1 och 20.", "Skriv ett heltal.")
        )
    sms = desk.wired.send_sms.write_ongoing_forms(
        number, sender=filled.sender, contact=filled.contact
    )
    return desk.show(replace(filled, sms=sms.text))


def _warn_or_send(desk: _Desk, filled: _Filled) -> Response:
    hosts = ", ".join(links_elsewhere(filled.sms, desk.wired.rules.sms_hosts))
    if (desk.early_or_late and not filled.warned) or hosts != filled.hosts_seen:
        return desk.show(replace(filled, warned=True, hosts_seen=hosts))
    return _send(desk, filled)


def _send(desk: _Desk, filled: _Filled) -> Response:
    _take_one(desk)
    another = replace(filled, mobile="", warned=False, hosts_seen="", sms_id=uuid4())
    try:
        cost = desk.wired.send_sms(
            filled.mobile, filled.sms, sms_id=filled.sms_id, actor=desk.visitor.actor, now=desk.now
        )
    except InvalidMobileNumber as error:
        return desk.show(filled, Problem("mobil", error.staff_message, ""))
    except SpecRefused as refused:
        return desk.show(filled, *(Problem("sms", p.reason, p.remedy) for p in refused.problems))
    except AlreadyTexted as error:
        return desk.show(another, done=error.staff_message)
    except PermanentFailure:
        problem = Problem("mobil", "Sms-tjänsten tog inte emot numret.", "Kontrollera det.")
        return desk.show(filled, problem)
    except UnknownOutcome:
        return desk.show(
            another,
            unsure="Det är osäkert om sms:et kom fram. Fråga mottagaren innan du skickar igen.",
        )
    return desk.show(another, done=f"Sms:et är skickat ({cost.parts} sms).")


def _take_one(desk: _Desk) -> None:
    """Of what the person and the unit may send. Raises `TooOften`."""
    limits, actor = desk.wired.rate_limits, desk.visitor.actor
    limits.take(Limit.SMS, actor.name)
    limits.take(Limit.SMS_OF_PERSON, actor.name)
    limits.take(Limit.SMS_OF_UNIT, actor.unit_id)


def _key(desk: _Desk, filled: _Filled) -> str:
    form = meant(filled.form, desk.offered.forms)
    return form.key if form else ""


def _no_form(desk: _Desk, filled: _Filled) -> Problem:
    return not_meant("form", filled.form, desk.offered)


def _id(typed: str) -> UUID:
    """The page's own, or a new one if no page of ours wrote it."""
    try:
        return UUID(typed)
    except ValueError:
        return uuid4()

"""Kalender: what is sent when, of the unit and, for the administration, of the region."""

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import Request, Response

from utskick.domain.calendar_pages import CalendarPage
from utskick.domain.errors import NotFound
from utskick.domain.rate_limits import Limit
from utskick.web import icalendars
from utskick.web.callers import Now, Wired, secret_of
from utskick.web.labels import occasion_sign
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.posted import text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Administrator, Posted, Staff, StaffVisitor
from utskick.wiring import Services

router = page_router()


@router.get("/kalender", name="calendar-page")
def show_unit(
    request: Request,
    visitor: Staff,
    wired: Wired,
    now: Now,
    *,
    visa: str = "",
    dag: str = "",
    aterkallad: bool = False,
) -> Response:
    """The unit's occasions, a month or a week at a time."""
    shown = CalendarPage.read(visa, dag, today=wired.rules.today(now))
    return _show(request, visitor, wired, now, shown=shown, revoked=aterkallad)


@router.post("/kalender/adress", name="share-calendar")
def share(request: Request, visitor: Staff, posted: Posted, wired: Wired, now: Now) -> Response:
    """A new address, which is shown now and never again."""
    _ = posted
    secret = wired.share_calendar.share(actor=visitor.actor, now=now)
    shown = CalendarPage.read("", "", today=wired.rules.today(now))
    address = f"{wired.settings.web.public_url.rstrip('/')}/kalender/{secret}.ics"
    return _show(request, visitor, wired, now, shown=shown, address=address)


@router.post("/kalender/aterkalla", name="revoke-calendar")
def revoke(visitor: Staff, posted: Posted, wired: Wired, now: Now) -> Response:
    """Nobody reads it there any more. Raises `NotFound`."""
    wired.share_calendar.revoke(_id(text(posted, "adress")), actor=visitor.actor, now=now)
    return see_other("/kalender?aterkallad=1#adresser")


@router.get("/kalender/{secret}.ics", name="calendar-feed")
def read(request: Request, secret: str, wired: Wired, now: Now) -> Response:
    """For other calendars: whoever has the address reads it. Raises `NotFound` or `TooOften`."""
    shared = wired.share_calendar(secret, now=now)
    request.state.known = True
    wired.rate_limits.take(Limit.CALENDAR, secret_of(secret))
    return Response(icalendars.written(shared, now=now), media_type=icalendars.MEDIA_TYPE)


@router.get("/forvaltning/kalender", name="region-calendar-page")
def show_region(
    request: Request,
    visitor: Administrator,
    wired: Wired,
    now: Now,
    visa: str = "",
    dag: str = "",
) -> Response:
    """How much each unit sends on each day."""
    shown = CalendarPage.read(visa, dag, today=wired.rules.today(now))
    return page(
        request,
        "administration_calendar.html",
        visitor=visitor,
        shown=wired.show_calendar.of_region(shown),
    )


def _show(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    *,
    shown: CalendarPage,
    address: str = "",
    revoked: bool = False,
) -> Response:
    return page(
        request,
        "calendar.html",
        visitor=visitor,
        shown=wired.show_calendar.of_unit(shown, actor=visitor.actor),
        shared=wired.share_calendar.addresses(actor=visitor.actor, now=now),
        sign=partial(occasion_sign, now=now, late_after=wired.rules.late_after),
        address=address,
        revoked=revoked,
    )


def _id(posted: str) -> UUID:
    try:
        return UUID(posted)
    except ValueError:
        raise NotFound("calendar feed") from None

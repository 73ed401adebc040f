"""Kalender: what is sent when, of the unit and, for the administration, of the region."""

from functools import partial

from fastapi import Request, Response

from utskick.domain.calendar_pages import CalendarPage
from utskick.web.callers import Now, Wired
from utskick.web.labels import occasion_sign
from utskick.web.pages.frame import page
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Administrator, Staff

router = page_router()


@router.get("/kalender", name="calendar-page")
def show_unit(
    request: Request, visitor: Staff, wired: Wired, now: Now, visa: str = "", dag: str = ""
) -> Response:
    """The unit's occasions, a month or a week at a time."""
    shown = CalendarPage.read(visa, dag, today=wired.rules.today(now))
    return page(
        request,
        "calendar.html",
        visitor=visitor,
        shown=wired.show_calendar.of_unit(shown, actor=visitor.actor),
        sign=partial(occasion_sign, now=now, late_after=wired.rules.late_after),
    )


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

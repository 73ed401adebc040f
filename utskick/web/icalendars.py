"""A unit's calendar as iCalendar (RFC 5545): which package is sent when, nothing about anybody."""

from datetime import datetime, timedelta

from icalendar import Calendar, Event

from utskick.records import CalendarEntry
from utskick.use_cases.share_calendar import SharedCalendar

MEDIA_TYPE = "text/calendar; charset=utf-8"
_LASTS = timedelta(minutes=15)
_READ_AGAIN = timedelta(hours=4)


def written(shared: SharedCalendar, *, now: datetime) -> bytes:
    """One event an occasion; its id stays the same for as long as the occasion is kept."""
    calendar = Calendar()
    calendar.add("prodid", "-//Utskick//SV")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", f"Utskick, {shared.unit.name}")
    calendar.add("x-wr-calname", f"Utskick, {shared.unit.name}")
    calendar.add("refresh-interval", _READ_AGAIN, parameters={"value": "DURATION"})
    for entry in shared.entries:
        calendar.add_component(_event(entry, now))
    return bytes(calendar.to_ical())


def _event(entry: CalendarEntry, now: datetime) -> Event:
    occasion, dispatch = entry.occasion, entry.dispatch
    event = Event()
    event.add("uid", f"{occasion.id}@utskick")
    event.add("dtstamp", now)
    event.add("sequence", occasion.version)
    event.add("dtstart", occasion.sends_at)
    event.add("duration", _LASTS)
    event.add("summary", f"{dispatch.name}, {entry.recipients} mottagare")
    if len(dispatch.occasions) > 1:
        event.add(
            "description", f"Utskickstillfälle {occasion.number} av {len(dispatch.occasions)}"
        )
    event.add("transp", "TRANSPARENT")
    return event

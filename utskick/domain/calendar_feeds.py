"""Addresses at which a unit's calendar is read by other calendars, without anybody signing in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from utskick.domain.units import HsaId

LASTS = timedelta(days=365)
LOOKS_BACK, LOOKS_AHEAD = timedelta(days=31), timedelta(days=400)
"""How much of the calendar a feed holds, around today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFeed:
    """What is known of an address after it has been shown."""

    id: UUID
    unit_id: HsaId
    created_by: str
    created_at: datetime
    expires_at: datetime

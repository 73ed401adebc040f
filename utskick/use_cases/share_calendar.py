"""The unit's calendar at an address of its own, which can be revoked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from utskick.domain.calendar_feeds import LASTS, LOOKS_AHEAD, LOOKS_BACK, CalendarFeed
from utskick.domain.errors import NotFound
from utskick.domain.rules import Rules
from utskick.domain.units import Actor, Unit
from utskick.records import CalendarEntry, Store
from utskick.use_cases.manage_tokens import log_of_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCalendar:
    unit: Unit
    entries: Sequence[CalendarEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAddresses:
    """`names`: of those who made them, as far as they are known."""

    feeds: Sequence[CalendarFeed]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCalendar:
    store: Store
    rules: Rules

    def __call__(self, secret: str, *, now: datetime) -> SharedCalendar:
        """What is sent around today, but what is stopped. Raises `NotFound`."""
        today = self.rules.today(now)
        with self.store.transaction() as records:
            feed = records.calendar_feeds.find(secret, now=now)
            entries = records.calendar.of_unit(
                feed.unit_id, today - LOOKS_BACK, today + LOOKS_AHEAD
            )
            return SharedCalendar(
                unit=records.units.get(feed.unit_id),
                entries=[each for each in entries if each.goes_on],
            )

    def addresses(self, *, actor: Actor, now: datetime) -> SharedAddresses:
        """The unit's, newest first."""
        with self.store.transaction() as records:
            feeds = records.calendar_feeds.of_unit(actor.unit_id, now=now)
            names = records.sessions.names({feed.created_by for feed in feeds})
        return SharedAddresses(feeds=feeds, names=names)

    def share(self, *, actor: Actor, now: datetime) -> str:
        """Returns the secret of a new address, for a year: this is the only time it is known."""
        feed = CalendarFeed(
            id=uuid4(),
            unit_id=actor.unit_id,
            created_by=actor.name,
            created_at=now,
            expires_at=now + LASTS,
        )
        with self.store.transaction() as records:
            secret = records.calendar_feeds.add(feed)
            log_of_unit("skapat en adress till kalendern", actor, records, now)
        return secret

    def revoke(self, feed_id: UUID, *, actor: Actor, now: datetime) -> None:
        """From now on nobody reads it there. Raises `NotFound`."""
        with self.store.transaction() as records:
            if not records.calendar_feeds.revoke(actor.unit_id, feed_id):
                raise NotFound("calendar feed")
            log_of_unit("återkallat en adress till kalendern", actor, records, now)

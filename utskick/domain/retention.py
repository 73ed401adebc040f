"""How long what names somebody is kept: no longer than it is of use, or than the law wants it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

ACCESS_LOG_AT_LEAST_YEARS = 5
"""HSLF-FS 2016:40, 4 kap. 9 §."""
_DAYS_A_YEAR = 365.2425


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """`config.settings.RetentionSettings` describes each."""

    access_log_years: int = ACCESS_LOG_AT_LEAST_YEARS
    follow_up_days: int = 365
    marked_purged_days: int = 90
    reports_days: int = 365
    drafts_days: int = 30

    def access_log_from(self, now: datetime) -> datetime:
        """What was logged before it may go."""
        # A day more, so that no leap day makes it less than whole years.
        return now - timedelta(days=self.access_log_years * _DAYS_A_YEAR + 1)

    def follow_up_from(self, today: date) -> date:
        """What was to be purged (Gallras efter) before this day is followed up no more."""
        return today - timedelta(days=self.follow_up_days)

    def marked_from(self, now: datetime) -> datetime:
        return now - timedelta(days=self.marked_purged_days)

    def reports_from(self, now: datetime) -> datetime:
        return now - timedelta(days=self.reports_days)

    def drafts_from(self, now: datetime) -> datetime:
        return now - timedelta(days=self.drafts_days)


@dataclass(slots=True, kw_only=True)
class Purged:
    """How much was deleted, and of what."""

    forms: int = 0
    log_entries: int = 0
    persons: int = 0
    staff: int = 0
    reports: int = 0
    drafts: int = 0

    def __str__(self) -> str:
        """For operators and logs: numbers, and nobody's name."""
        return (
            f"{self.forms} forms, {self.log_entries} log entries, {self.reports} error mails,"
            f" {self.drafts} drafts,"
            f" {self.persons} persons, {self.staff} staff"
        )

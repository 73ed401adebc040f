"""Certificates (certifikat) by which neighbours know us and we know them, and when they end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WARNED_BEFORE = timedelta(days=30)
"""To order a new function certificate takes weeks."""


class CertificateState(StrEnum):
    """`UNUSABLE`: the file cannot be read, or does not fit its key."""

    GOOD = "good"
    ENDS_SOON = "ends soon"
    ENDED = "ended"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a setting's file holds. `mark` knows the same certificate again, wherever it is."""

    setting: str
    path: str
    mark: str
    ends_at: datetime | None

    def state(self, now: datetime) -> CertificateState:
        if self.ends_at is None:
            return CertificateState.UNUSABLE
        if self.ends_at <= now:
            return CertificateState.ENDED
        if self.ends_at <= now + WARNED_BEFORE:
            return CertificateState.ENDS_SOON
        return CertificateState.GOOD

    def days_left(self, now: datetime) -> int:
        """Whole ones; 0 on the last day and after it."""
        return max(0, (self.ends_at - now).days) if self.ends_at else 0

"""Certificates (certifikat) by which neighbours know us and we know them, and when they end."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from utskick.domain.units import HsaId, InvalidHsaId, parse_hsa_id

WARNED_BEFORE = timedelta(days=30)
"""To order a new function certificate takes weeks."""
_PART = re.compile(r'\s*([A-Za-z0-9.]+)\s*=\s*((?:\\.|[^\\,+"])*)(?:[,+]|$)')
_SERIAL_NUMBER = frozenset({"serialnumber", "2.5.4.5"})
_SERVICES = {
    "PLATFORM": "tjänsteplattformen",
    "FORMS": "formulärtjänsten",
    "INBOX": "inkorgen",
    "PERSONS": "personregistret",
    "SMTP": "mejlservern",
    "SCHEDULER": "Prefect",
    "SIGN_IN": "inloggningen",
}
"""By the setting's group: which service is not reached without it, as staff know it."""


class CertificateState(StrEnum):
    """`UNUSABLE`: the file cannot be read, or does not fit its key."""

    GOOD = "good"
    ENDS_SOON = "ends soon"
    ENDED = "ended"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a setting's file holds. `mark` knows the same certificate again, wherever it is.

    `holder` is whose it is, if that is an HSA-id.
    """

    setting: str
    path: str
    mark: str
    ends_at: datetime | None
    holder: str = ""

    @property
    def service(self) -> str:
        group = self.setting.removeprefix("UTSKICK_").partition("__")[0]
        return _SERVICES.get(group, group)

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


def hsa_id_of_subject(text: str) -> HsaId | None:
    """Whose it is: the one `serialNumber` of a subject (RFC 2253), or the HSA-id itself.

    Nothing is believed of a subject that cannot be read to its end: a name may hold anything.
    """
    found, end = [], 0
    while part := _PART.match(text, end):
        found += [part[2]] if part[1].casefold() in _SERIAL_NUMBER else []
        if (end := part.end()) == len(text):
            break
    try:
        if "=" not in text:
            return parse_hsa_id(text)
        return parse_hsa_id(found[0]) if end == len(text) and len(found) == 1 else None
    except InvalidHsaId:
        return None

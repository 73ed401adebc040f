"""What the service platform (tjänsteplattformen) before 1177 refuses, and whom to call about it.

Its codes are national (VP: the platform's router). None of them is about a person.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

SAME_OUTAGE = timedelta(hours=1)
"""Refused again so soon after it was let through, it is the same fault, and no news."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """In Swedish. `everywhere`: it is about all that we call, not about one contract."""

    what: str
    remedy: str
    everywhere: bool = False


_PLATFORM = "tjänsteplattformens förvaltning"
_VERSION = _Meaning(
    "Tjänsteplattformen kan inte läsa anropen från Utskick",
    "ring dem som förvaltar Utskick, och ange koden.",
)
_CERTIFICATE = _Meaning(
    "Tjänsteplattformen godtar inte vårt certifikat",
    "kontrollera att certifikatet gäller och är det som är beställt, och ring annars"
    f" {_PLATFORM}.",
    everywhere=True,
)
_HEADER = _Meaning(
    "Tjänsteplattformen godtar inte att anropen anger vårt HSA-id",
    f"sätt UTSKICK_PLATFORM__ORIGINAL_CONSUMER=false, eller be {_PLATFORM} att tillåta det.",
    everywhere=True,
)
_ADDRESS = _Meaning(
    "Tjänsteplattformen känner inte till den logiska adressen",
    f"kontrollera den logiska adressen i inställningarna, och ring annars {_PLATFORM}.",
)
_AGREEMENT = _Meaning(
    "Utskick saknar behörighet (samverkan) till tjänsten",
    f"beställ samverkan för vårt HSA-id och den logiska adressen hos {_PLATFORM}.",
)
_ILL = _Meaning(
    "Tjänsteplattformen har ett eget fel",
    f"ring {_PLATFORM}, om felet inte går över.",
    everywhere=True,
)
_MEANINGS = {
    "VP001": _VERSION,
    "VP002": _CERTIFICATE,
    "VP003": _ADDRESS,
    "VP004": _ADDRESS,
    "VP005": _VERSION,
    "VP006": _ADDRESS,
    "VP007": _AGREEMENT,
    "VP008": _ILL,
    "VP010": _ADDRESS,
    "VP011": _CERTIFICATE,
    "VP012": _ILL,
    "VP013": _HEADER,
    "VP014": _ADDRESS,
    "VP015": _VERSION,
}
_OTHER = _Meaning("Tjänsteplattformen släpper inte fram anropen", f"ring {_PLATFORM}.")


@dataclass(frozen=True, slots=True)
class Outage:
    """What is refused now, since when. For whoever reads of it, no `contract` means all."""

    code: str
    contract: str
    since: datetime

    @property
    def as_shown(self) -> Self:
        """What is about all that we call names no contract, whichever it was met with."""
        return replace(self, contract="") if is_everywhere(self.code) else self

    @property
    def what(self) -> str:
        """What is wrong, as a sentence without its full stop."""
        return _meaning(self.code).what

    @property
    def remedy(self) -> str:
        """What operators do, and whom they call."""
        return _meaning(self.code).remedy


def refused_in_words(code: str) -> str:
    """For whoever wanted something that needs the call."""
    return (
        f"{_meaning(code).what} ({code}), så 1177 nås inte just nu. Inget är skickat. Driften har"
        " fått ett mejl: försök igen när felet är rättat."
    )


def is_everywhere(code: str) -> bool:
    """Whether a refusal is about all that we call, and not about one contract."""
    return _meaning(code).everywhere


def _meaning(code: str) -> _Meaning:
    return _MEANINGS.get(code, _OTHER)

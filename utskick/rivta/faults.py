"""What a fault of the service platform says of the call.

The platform begins its own with `VP0nn [its name]`. All of them but VP009 are from before it
called anybody. What comes otherwise may be the producer's, after it did what was asked.
"""

import re
from dataclasses import dataclass

_OWN = re.compile(r"\s*(VP[0-9]{3})(?![0-9A-Za-z])[\s:]*(?:\[([^\]]*)\])?")
NEVER_FORWARDED = frozenset(f"VP{number:03}" for number in range(1, 16)) - {"VP009"}
"""Version, certificate, address, agreement, or the platform itself is ill."""


@dataclass(frozen=True, slots=True)
class PlatformFault:
    """`platform` is the one that speaks: another may stand between it and us."""

    code: str
    platform: str

    @property
    def never_forwarded(self) -> bool:
        return self.code in NEVER_FORWARDED

    def certain_from(self, called: str) -> bool:
        """Whether nothing was applied, for whoever `called` a platform of that name.

        A platform before another may have called it twice, and this be of the second time.
        """
        named = called.strip().casefold()
        return self.never_forwarded and named != "" and named == self.platform.strip().casefold()


def platform_fault(text: str) -> PlatformFault | None:
    """What a fault's text says, if a platform of RIV-TA wrote it."""
    own = _OWN.match(text)
    return PlatformFault(own[1], own[2] or "") if own else None


def platform_text(code: str, platform: str, text: str) -> str:
    """A fault's text, as a platform of that name writes it."""
    return f"{code} [{platform}] {text}"

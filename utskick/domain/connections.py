"""What has come of asking a neighbour once, for whoever connects an installation."""

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """Where it lies, and so who mends it."""

    CERTIFICATE = "certificate"
    ADDRESS = "address"
    AGREEMENT = "agreement"
    LOGIN = "login"
    TIME_OUT = "time-out"
    PLATFORM = "platform"
    ANSWER = "answer"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Explained:
    """In English, for engineers; never about a person."""

    trouble: Trouble
    words: str
    remedy: str = ""


class NotAsItShould(Exception):
    """Whoever asked knows best what is wrong."""

    def __init__(self, explained: Explained) -> None:
        super().__init__(explained.words)
        self.explained = explained


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """`asked` is what was read of the neighbour, at `address`; `words` what came of it."""

    neighbour: str
    asked: str
    address: str
    words: str
    trouble: Trouble | None = None
    remedy: str = ""

    @property
    def good(self) -> bool:
        return self.trouble is None

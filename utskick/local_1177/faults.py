"""What can go wrong between a caller and a neighbour, on purpose."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class FaultKind(StrEnum):
    """*before*: the change is not applied; *after*: it is, and the caller does not learn it.

    `error` is an HTTP 500 without SOAP, `fault` one with a SOAP fault of the producer's own, and
    `platform` one with the platform's `code`. `hang_before` answers 503 and `hang_after` the
    truth, both after `seconds`. `late` resets the connection at once and applies the change
    `seconds` later. `cut_body` promises a whole answer and sends half of it. `down` closes the
    connection without a word. `double` applies the change twice and answers as for once.

    What is applied may also be answered with nothing (`empty`), with OK and no form (`unsaid`),
    or with somebody else's number (`stranger`).
    """

    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    FAULT_BEFORE = "fault_before"
    FAULT_AFTER = "fault_after"
    PLATFORM_BEFORE = "platform_before"
    PLATFORM_AFTER = "platform_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    HANG_BEFORE = "hang_before"
    HANG_AFTER = "hang_after"
    LATE = "late"
    CUT_BODY = "cut_body"
    DOUBLE = "double"
    EMPTY = "empty"
    UNSAID = "unsaid"
    STRANGER = "stranger"
    TOO_MANY = "too_many"
    DOWN = "down"


LOST_AFTER = frozenset(
    {
        FaultKind.ERROR_AFTER,
        FaultKind.FAULT_AFTER,
        FaultKind.PLATFORM_AFTER,
        FaultKind.RESET_AFTER,
    }
)
IMMEDIATE = frozenset({FaultKind.TOO_MANY, FaultKind.DOWN, FaultKind.PLATFORM_BEFORE})


@dataclass(slots=True, kw_only=True)
class Fault:
    """One active fault. `times`: how many calls it still strikes, `None` for ever.

    `spares`: how many it lets pass before that. `platform`: who speaks, if not the one in front.
    """

    kind: FaultKind
    share: float = 1
    times: int | None = None
    spares: int = 0
    seconds: float = 0
    endpoint: str | None = None
    code: str = "VP009"
    platform: str = ""
    chance: Random = field(default_factory=Random)

    def strikes(self, endpoint: str) -> bool:
        """Whether it hits this call; one that does is counted."""
        if self.times == 0 or self.endpoint not in (None, endpoint):
            return False
        if self.chance.random() >= self.share:
            return False
        if self.spares:
            self.spares -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

"""Named places in the send protocol, where a test can end, pause or cut off the process.

Only code in the same process can arm them: no setting and no variable reaches this far. Unarmed,
a place costs one comparison.
"""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """A transaction of the send protocol: something can happen right before it and right after."""

    START = "start"
    CLAIM = "claim"
    PLAN = "plan"
    INTENT = "intent"
    OUTCOME = "outcome"
    MESSAGE_INTENT = "message intent"
    MESSAGE_OUTCOME = "message outcome"
    REAP = "reap"
    SETTLE = "settle"
    STOP = "stop"
    REMOVE = "remove"
    CLOSE = "close"
    BRAKE = "brake"
    RELEASE = "release"
    VISIT = "visit"
    APPROVE = "approve"


class Exchange(StrEnum):
    """How far a call has come that changes something at a neighbour, or that reads it back."""

    CONNECTED = "connected"
    LEAVING = "leaving"
    SENT = "sent"
    ANSWERED = "answered"
    READING_BACK = "reading back"


POINTS = (
    *(f"{when} {step}" for step in Step for when in ("before", "after")),
    *(exchange.value for exchange in Exchange),
)
"""Every place there is. Before and after a step mean its commit."""

_on_reaching: Callable[[str], None] | None = None


def arm(on_reaching: Callable[[str], None]) -> None:
    """Call this for every place that is reached, in the thread that reaches it."""
    global _on_reaching  # noqa: PLW0603  # one process, one hand on it
    _on_reaching = on_reaching


def disarm() -> None:
    """Let the process run as in production."""
    global _on_reaching  # noqa: PLW0603
    _on_reaching = None


def reached(point: str) -> None:
    """Notify whoever has armed the places; in production nobody has."""
    if _on_reaching is not None:
        _on_reaching(point)

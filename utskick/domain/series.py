"""Series (serier): dispatches that replace each other, or add recipients to each other."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    Recipient,
    RecipientState,
)
from utskick.domain.errors import Problem
from utskick.domain.occasions import Aim, Occasion, OccasionState

_MARK_LENGTH = 12
_GO_ON = (DispatchStatus.ONGOING, DispatchStatus.STOPPED)


@dataclass(frozen=True, slots=True)
class Follows:
    """What a new dispatch follows: it takes its place, or is for others of the same occasions.

    `as_seen` is how the replaced one was when staff saw it; empty if nobody knows.
    """

    dispatch_id: DispatchId
    replaces: bool
    as_seen: str = ""


def to_come(dispatch: Dispatch, *, now: datetime) -> list[Occasion]:
    """The occasions of which nothing has been begun, and whose moments lie ahead."""
    return [
        each
        for each in dispatch.occasions
        if each.state is OccasionState.PLANNED and each.aim is Aim.SEND and each.sends_at > now
    ]


def may_replace(dispatch: Dispatch, *, now: datetime) -> bool:
    """Whether there is something to replace."""
    return (
        _is_followed(dispatch) and dispatch.status in _GO_ON and bool(to_come(dispatch, now=now))
    )


def may_add_to(dispatch: Dispatch, *, now: datetime) -> bool:
    """Whether others can get its occasions that are to come."""
    ongoing = dispatch.status is DispatchStatus.ONGOING
    return _is_followed(dispatch) and ongoing and bool(to_come(dispatch, now=now))


def _is_followed(dispatch: Dispatch) -> bool:
    return dispatch.kind is DispatchKind.PACKAGE and dispatch.standing_id is None


def seen_as(dispatch: Dispatch, recipients: Sequence[Recipient], *, now: datetime) -> str:
    """How it is now: changes whenever an occasion is begun, a recipient goes, or it is stopped."""
    coming = [f"{each.id}" for each in to_come(dispatch, now=now)]
    active = sorted(f"{r.id}" for r in recipients if r.state is RecipientState.ACTIVE)
    digest = hashlib.sha256(" ".join((*coming, "|", *active)).encode()).hexdigest()
    parts = (dispatch.status.value, len(coming), len(active), digest[:_MARK_LENGTH])
    return ".".join(map(str, parts))


def why_not_replaced(
    dispatch: Dispatch, recipients: Sequence[Recipient], as_seen: str, *, now: datetime
) -> Problem | None:
    """What has come between, if anything has."""
    seen = as_seen.split(".")
    present = seen_as(dispatch, recipients, now=now).split(".")
    again = "Öppna det och välj Ersätt på nytt: inget är startat, och det gamla är som det var."
    if dispatch.status not in _GO_ON or (as_seen and seen[0] != present[0]):
        return _problem(f"har nu statusen {dispatch.label}.", again)
    if any(each.state is OccasionState.RUNNING for each in dispatch.occasions):
        wait = "Vänta tills det är klart, öppna det sedan och välj Ersätt på nytt."
        return _problem("har ett tillfälle som förbereds eller skickas just nu.", wait)
    if not may_replace(dispatch, now=now):
        return _problem("har inget tillfälle kvar att ersätta.", "Starta ett nytt i stället.")
    if as_seen and seen[1:2] != present[1:2]:
        return _problem("har skickat ett tillfälle sedan utkastet gjordes.", again)
    if as_seen and seen != present:
        return _problem("har fått andra mottagare sedan utkastet gjordes.", again)
    return None


def why_not_added_to(dispatch: Dispatch, *, now: datetime) -> Problem | None:
    """What has come between, if anything has."""
    if may_add_to(dispatch, now=now):
        return None
    return Problem(
        "adds_to",
        f"paketutskicket ”{dispatch.name}” har statusen {dispatch.label}, eller inget tillfälle"
        " kvar.",
        "Starta ett eget paketutskick för de nya mottagarna.",
    )


def _problem(reason: str, remedy: str) -> Problem:
    return Problem("replaces", f"paketutskicket som ska ersättas {reason}", remedy)

"""Två personer: a dispatch that a colleague approves before anything of it is registered."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from utskick.domain.dispatches import Dispatch, DispatchId, DispatchStatus
from utskick.domain.errors import UtskickError


class ApprovalCause(StrEnum):
    """Why somebody else must say yes."""

    MANY = "many"
    PACKAGE = "package"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A question to a colleague. `reason` is the colleague's, when the answer was no."""

    dispatch_id: DispatchId
    cause: ApprovalCause
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""

    @property
    def waits(self) -> bool:
        return self.decided_at is None

    def overdue(self, *, now: datetime) -> bool:
        return self.waits and now >= self.expires_at

    def decided(self, *, by: str, reason: str = "", now: datetime) -> Self:
        return replace(self, decided_by=by, decided_at=now, reason=reason)


def cause_of(recipients: int, *, above: int, package_needs: bool) -> ApprovalCause | None:
    """Why so many recipients must be approved; `above` 0: not for their number."""
    if package_needs:
        return ApprovalCause.PACKAGE
    return ApprovalCause.MANY if 0 < above < recipients else None


def ask(dispatch: Dispatch, cause: ApprovalCause, *, within: timedelta, now: datetime) -> Approval:
    """What waits lapses after that long, and when its first moment has passed.

    What staff send by hand has no moment of its own: it is sent when it is approved.
    """
    moments = [each.sends_at for each in dispatch.occasions if each.by_hand_at is None]
    return Approval(
        dispatch_id=dispatch.id,
        cause=cause,
        asked_by=dispatch.created_by,
        asked_at=now,
        expires_at=min([now + within, *moments]),
    )


def approved(dispatch: Dispatch, approval: Approval, *, by: str, now: datetime) -> Dispatch:
    """Raises `WrongStatus`, `ApprovalLapsed`, or `OwnDispatch` for whoever started it."""
    dispatch.require(DispatchStatus.AWAITING, action="approve")
    if by == dispatch.created_by:
        raise OwnDispatch
    if approval.overdue(now=now):
        raise ApprovalLapsed
    return replace(dispatch, status=DispatchStatus.ONGOING)


def declined(dispatch: Dispatch, *, now: datetime) -> Dispatch:
    """A colleague says no. Raises `WrongStatus`."""
    return _never_sent(dispatch, DispatchStatus.DECLINED, action="decline", now=now)


def withdrawn(dispatch: Dispatch, *, by: str, now: datetime) -> Dispatch:
    """Whoever started it takes it back. Raises `WrongStatus` or `NotOwnDispatch`."""
    taken_back = _never_sent(dispatch, DispatchStatus.WITHDRAWN, action="withdraw", now=now)
    if by != dispatch.created_by:
        raise NotOwnDispatch
    return taken_back


def lapsed(dispatch: Dispatch, *, now: datetime) -> Dispatch:
    """Nobody answered in time. Raises `WrongStatus`."""
    return _never_sent(dispatch, DispatchStatus.EXPIRED, action="let lapse", now=now)


def _never_sent(
    dispatch: Dispatch, status: DispatchStatus, *, action: str, now: datetime
) -> Dispatch:
    dispatch.require(DispatchStatus.AWAITING, action=action)
    return replace(dispatch, status=status, ended_at=now)


class OwnDispatch(UtskickError):
    """Nobody approves what they have started themselves."""

    def __init__(self) -> None:
        super().__init__("whoever started it cannot approve it")
        self.staff_message = (
            "Du har startat utskicket själv, så en kollega med behörigheten Utskick på enheten"
            " behöver godkänna det."
        )


class NotOwnDispatch(UtskickError):
    """Only whoever started it takes it back; a colleague says no."""

    def __init__(self) -> None:
        super().__init__("only whoever started it can withdraw it")
        self.staff_message = (
            "Bara den som har startat utskicket kan återta det. Vill du att det inte ska skickas:"
            " välj Neka."
        )


class ApprovalLapsed(UtskickError):
    """Too late: the time to answer, or the first moment, has passed."""

    def __init__(self) -> None:
        super().__init__("the time to approve it has passed")
        self.staff_message = (
            "Det är för sent att godkänna utskicket, och inget av det har skickats. Starta det på"
            " nytt om det fortfarande behövs."
        )

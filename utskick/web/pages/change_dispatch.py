"""Pågående Paketutskick: what can be done with a dispatch, and with one of its occasions."""

import asyncio
from functools import partial
from uuid import UUID

from fastapi import Response

from utskick.domain.dispatches import DispatchStatus, RecipientId
from utskick.domain.errors import SpecRefused
from utskick.domain.occasions import OccasionId
from utskick.use_cases.ways_on import ByHand
from utskick.web.pages.opened_dispatch import AtDesk, Desk
from utskick.web.pages.posted import text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted

router = page_router()

_APPROVED = "Utskicket är redan godkänt och startat."
_DISPATCH = "/paketutskick/{dispatch_id}"
_RECIPIENT = f"{_DISPATCH}/mottagare/{{recipient_id}}"
_OCCASION = f"{_DISPATCH}/tillfalle/{{occasion_id}}"


@router.post(f"{_DISPATCH}/stoppa", name="stop-dispatch-page")
async def stop(desk: AtDesk, _posted: Posted) -> Response:
    """Manual: "Klicka på Stoppa Paketutskick"."""

    def act() -> str:
        stopped = desk.wired.stop_dispatch(
            desk.dispatch_id, actor=desk.visitor.actor, now=desk.now
        )
        return f"stoppat&antal={stopped.on_their_way}"

    return await desk.after(act, wanted=DispatchStatus.STOPPED)


@router.post(f"{_DISPATCH}/aterstarta", name="restart-dispatch-page")
async def restart(desk: AtDesk, _posted: Posted) -> Response:
    """Manual: "Klicka på Återstarta Paketutskick"."""

    def act() -> str:
        desk.wired.restart_dispatch(desk.dispatch_id, actor=desk.visitor.actor, now=desk.now)
        return "aterstartat"

    return await desk.after(act, wanted=DispatchStatus.ONGOING)


@router.post(f"{_DISPATCH}/godkann", name="approve-dispatch")
async def approve(desk: AtDesk, _posted: Posted) -> Response:
    """Två personer: a colleague's yes."""

    def act() -> str:
        registered = desk.wired.decide_approval.approve_dispatch(
            desk.dispatch_id, actor=desk.visitor.actor, now=desk.now
        )
        return "godkant" if registered else "godkant-strax"

    return await desk.after(act, wanted=DispatchStatus.ONGOING, already=_APPROVED)


@router.post(f"{_DISPATCH}/neka", name="decline-dispatch")
async def decline(desk: AtDesk, posted: Posted) -> Response:
    """And a no, with what has to be changed."""
    reason = text(posted, "skal")

    def act() -> str:
        desk.wired.decide_approval.decline_dispatch(
            desk.dispatch_id, reason, actor=desk.visitor.actor, now=desk.now
        )
        return "nekat"

    try:
        return await desk.after(act, wanted=DispatchStatus.DECLINED)
    except SpecRefused as refused:
        problems = refused.problems
        return await asyncio.to_thread(
            partial(desk.show, reason=reason, problems=problems, status_code=422)
        )


@router.post(f"{_DISPATCH}/aterta", name="withdraw-dispatch")
async def withdraw(desk: AtDesk, _posted: Posted) -> Response:
    """Whoever started it takes it back."""

    def act() -> str:
        desk.wired.decide_approval.withdraw_dispatch(
            desk.dispatch_id, actor=desk.visitor.actor, now=desk.now
        )
        return "atertaget"

    return await desk.after(act, wanted=DispatchStatus.WITHDRAWN)


@router.post(f"{_RECIPIENT}/ta-bort", name="remove-recipient-page")
async def remove(desk: AtDesk, recipient_id: UUID, _posted: Posted) -> Response:
    """Manual: "Klicka på papperskorgen längst till höger i mottagarlistan"."""

    def act() -> str:
        on_their_way = desk.wired.remove_recipient(
            desk.dispatch_id,
            RecipientId(recipient_id),
            actor=desk.visitor.actor,
            now=desk.now,
        )
        return f"borttagen&antal={on_their_way}&mottagare={recipient_id}#borttagen"

    return await desk.after(act)


@router.post(f"{_RECIPIENT}/angra", name="restore-recipient-page")
async def restore(desk: AtDesk, recipient_id: UUID, _posted: Posted) -> Response:
    """Ångra, until the next occasion begins."""

    def act() -> str:
        restoring = desk.wired.restore_recipient
        who = RecipientId(recipient_id)
        restoring(desk.dispatch_id, who, actor=desk.visitor.actor, now=desk.now)
        return f"angrat&mottagare={recipient_id}#borttagen"

    return await desk.after(act)


@router.post(f"{_OCCASION}/skicka-nu", name="send-missed-page")
async def send_missed(desk: AtDesk, occasion_id: UUID, _posted: Posted) -> Response:
    """Skicka det som är kvar."""
    return await _by_hand(desk.wired.send_missed_occasion, occasion_id, desk, "skickas")


@router.post(f"{_OCCASION}/meddela", name="notify-recipients-page")
async def notify(desk: AtDesk, occasion_id: UUID, _posted: Posted) -> Response:
    """Meddela dem som redan fått sina formulär."""
    return await _by_hand(desk.wired.notify_recipients, occasion_id, desk, "meddelas")


@router.post(f"{_OCCASION}/avsluta", name="end-occasion-page")
async def end(desk: AtDesk, occasion_id: UUID, _posted: Posted) -> Response:
    """Avsluta: the rest is never sent."""
    return await _by_hand(
        desk.wired.end_occasion, occasion_id, desk, "avslutat", waiting="avslutat"
    )


async def _by_hand(
    way: ByHand, occasion_id: UUID, desk: Desk, done: str, *, waiting: str = ""
) -> Response:
    def act() -> str:
        registered = way(OccasionId(occasion_id), actor=desk.visitor.actor, now=desk.now)
        return done if registered else waiting or f"{done}-strax"

    return await desk.after(act)

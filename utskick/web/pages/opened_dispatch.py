"""One dispatch opened before somebody of its unit: as it is, and after something was done."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from markupsafe import Markup

from utskick.domain.approvals import ApprovalLapsed, NotOwnDispatch, OwnDispatch
from utskick.domain.brakes import Braked
from utskick.domain.deliveries import REFUSAL_LABELS, DeliveryState
from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    RecipientId,
)
from utskick.domain.errors import (
    LastRecipient,
    NothingAhead,
    NothingLeft,
    OccasionPassed,
    Problem,
    UtskickError,
    WrongStatus,
)
from utskick.domain.long_lists import ListView
from utskick.domain.occasions import OccasionId
from utskick.domain.series import may_add_to, may_replace
from utskick.domain.units import SYSTEM
from utskick.use_cases.open_dispatch import Opened
from utskick.use_cases.remove_recipient import AlreadyRemoved
from utskick.use_cases.restore_recipient import TooLateToRestore
from utskick.use_cases.stop_dispatch import Stopped
from utskick.web.callers import Now, Wired
from utskick.web.labels import (
    delivery_signs,
    left_out_remedy,
    occasion_sign,
    person_in_words,
    stopped_in_words,
)
from utskick.web.pages.frame import drawn, page, problems_by_field, see_other
from utskick.web.pages.visitors import Staff, StaffVisitor
from utskick.wiring import Services

_FROM_THE_START = ListView()
_WHOM = [
    ("alla", "Alla mottagare"),
    ("ej-skickade", "Bara de som inte fått något"),
    ("ej-svarat", "Bara de som inte svarat"),
]
_STOPPED, _REMOVED = "stoppat", "borttagen"
_DONE = {
    "aterstartat": "Paketutskicket är återstartat.",
    _REMOVED: "{person}, är borttagen och får inget mer av paketutskicket.",
    "angrat": "{person}, är med igen, som om inget hade hänt.",
    "skickas": "Tillfället skickas nu.",
    "skickas-strax": "Tillfället skickas strax: schemaläggaren svarar inte just nu.",
    "meddelas": "De som har fått formulär får nu sitt inkorgsmeddelande.",
    "meddelas-strax": "De som har fått formulär får sitt inkorgsmeddelande strax:"
    " schemaläggaren svarar inte just nu.",
    "slutat": "Samma utskick har startats förut, och det skickar inget mer."
    " Inget nytt är startat.",
    "vantar": "Utskicket väntar nu på att en kollega godkänner det. Inget är skickat.",
    "godkant": "Utskicket är godkänt och startat.",
    "godkant-strax": "Utskicket är godkänt och startas strax: schemaläggaren svarar inte just nu.",
    "nekat": "Utskicket är nekat. Inget av det skickas.",
    "atertaget": "Utskicket är återtaget. Inget av det skickas.",
    "avslutat": "Tillfället är avslutat. Det som var kvar skickas inte.",
}
_ALREADY = {
    DispatchStatus.STOPPED: "Paketutskicket är redan stoppat. Inget mer skickas.",
    DispatchStatus.ONGOING: "Paketutskicket är redan återstartat.",
    DispatchStatus.DECLINED: "Utskicket är redan nekat. Inget av det skickas.",
    DispatchStatus.WITHDRAWN: "Utskicket är redan återtaget. Inget av det skickas.",
}
_HARMLESS = (
    WrongStatus,
    LastRecipient,
    OccasionPassed,
    NothingAhead,
    NothingLeft,
    AlreadyRemoved,
    TooLateToRestore,
    OwnDispatch,
    NotOwnDispatch,
    ApprovalLapsed,
    Braked,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where somebody of the unit sits with one dispatch."""

    request: Request
    dispatch_id: DispatchId
    visitor: StaffVisitor
    wired: Services
    now: datetime

    async def after(
        self,
        act: Callable[[], str],
        *,
        wanted: DispatchStatus | None = None,
        already: str = "",
    ) -> Response:
        """Do it, and show the dispatch with the notice that was returned.

        What can no longer be done is shown there as well; of what has the `wanted` status, that it
        was done already.
        """
        try:
            notice = await asyncio.to_thread(act)
        except _HARMLESS as error:
            done = _done_before(error, wanted, already)
            refused = "" if done else error.staff_message
            return await asyncio.to_thread(self.show, said=done, refused=refused, status_code=409)
        return see_other(f"/paketutskick/{self.dispatch_id}?besked={notice}")

    def _person(self, opened: Opened, about: RecipientId | None) -> str:
        today = self.wired.rules.today(self.now)
        found = (
            person_in_words(each.personnummer, each.name, today)
            for each in opened.recipients
            if each.id == about
        )
        return next(found, "Mottagaren")

    def show(
        self,
        *,
        done: str = "",
        number: int = 0,
        about: RecipientId | None = None,
        said: str = "",
        refused: str = "",
        reason: str = "",
        problems: tuple[Problem, ...] = (),
        view: ListView = _FROM_THE_START,
        status_code: int = 200,
    ) -> Response:
        """`done` names what was, with how many forms were on their way; `said` says it itself.

        `about`: whom it was about.
        """
        opened = self.wired.open_dispatch(
            self.dispatch_id, actor=self.visitor.actor, now=self.now, view=view
        )

        def cell(recipient_id: RecipientId, occasion_id: OccasionId) -> Markup:
            return _chips(frozenset(opened.cells.get((recipient_id, occasion_id), {}).items()))

        rules = self.wired.rules
        notifies = opened.dispatch.creates_inbox_message
        early_or_late = rules.warning_now(self.now, unit=self.visitor.unit)
        values: dict[str, Any] = {
            "opened": opened,
            "done": said or _done_in_words(done, number, opened, self._person(opened, about)),
            "about": about,
            "refused": refused,
            "outages": self.wired.list_outages(),
            "sign": partial(occasion_sign, now=self.now, late_after=rules.late_after),
            "may_replace": may_replace(opened.dispatch, now=self.now),
            "may_add_to": may_add_to(opened.dispatch, now=self.now),
            "whom": _WHOM,
            "may_restart": opened.dispatch.may_restart(now=self.now),
            "early_or_late": early_or_late if notifies else None,
            "signs": delivery_signs,
            "cell": cell,
            "labels": REFUSAL_LABELS,
            "left_out_remedy": left_out_remedy,
            "system": SYSTEM,
            **self._approval(opened),
            "reason": reason,
            "problems": problems_by_field(problems),
            "now": self.now,
            **menu_of(opened.dispatch),
        }
        return page(
            self.request,
            "dispatch.html",
            visitor=self.visitor,
            status_code=status_code,
            **values,
        )

    def _approval(self, opened: Opened) -> dict[str, Any]:
        """What waits for a colleague, or what became of that."""
        approval = opened.approval
        decided_by = approval.decided_by if approval else ""
        return {
            "approval": approval,
            "asked_by": opened.started_by,
            "decided_by": opened.names.get(decided_by, decided_by),
            "own": opened.dispatch.created_by == self.visitor.actor.name,
        }


def _at_desk(request: Request, dispatch_id: UUID, visitor: Staff, wired: Wired, now: Now) -> Desk:
    return Desk(
        request=request,
        dispatch_id=DispatchId(dispatch_id),
        visitor=visitor,
        wired=wired,
        now=now,
    )


def menu_of(dispatch: Dispatch) -> dict[str, Any]:
    """A single form stands under none of the menu's headings, least of all that of packages."""
    return {"under": ""} if dispatch.kind is DispatchKind.FORM else {}


AtDesk = Annotated[Desk, Depends(_at_desk)]


def _done_before(error: UtskickError, wanted: DispatchStatus | None, already: str) -> str:
    """The answer to a second click: that the first one did it."""
    if isinstance(error, NothingLeft):
        return "Det är redan gjort, eller så finns inget kvar av tillfället."
    if wanted and isinstance(error, WrongStatus) and error.status == wanted:
        return already or _ALREADY[wanted]
    return error.staff_message if isinstance(error, AlreadyRemoved) else ""


@lru_cache(maxsize=1000)
def _chips(by_state: frozenset[tuple[DeliveryState, int]]) -> Markup:
    """Kept, as 250 recipients at 12 occasions have mostly fared alike."""
    return drawn("chips.html", signs=delivery_signs(dict(by_state)))


def _done_in_words(what: str, number: int, opened: Opened, person: str) -> str:
    if what == _STOPPED:
        halted = tuple(each for each in opened.ways if each.occasion.halted)
        return stopped_in_words(
            Stopped(dispatch=opened.dispatch, on_their_way=number, ways=halted)
        )
    words = _DONE.get(what, "").format(person=person)
    if what == _REMOVED and number:
        words += f" {number} formulär var redan på väg och kommer fram."
    return words

"""Uppföljning: what was sent, found again; exported, and marked as purged.

Searches are posted: a personnummer never stands in an address.
"""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.answers import ANSWER_LABELS, AnswerKnown
from utskick.domain.deliveries import (
    DELIVERY_LABELS,
    FORM_STATUS_LABELS,
    DeliveryId,
    DeliveryState,
    FormStatus,
)
from utskick.domain.errors import Problem
from utskick.records import FollowUpQuery, Order
from utskick.use_cases.browse_follow_up import FollowUpPage
from utskick.web.callers import Now, Wired
from utskick.web.labels import counted, delivery_sign
from utskick.web.pages.frame import page, problems_by_field
from utskick.web.pages.posted import act, read_days, read_personnummer, text, texts
from utskick.web.pages.refusals import page_router
from utskick.web.pages.tables import KINDS, table_file
from utskick.web.pages.visitors import FollowUpStaff, Posted, StaffVisitor
from utskick.wiring import Services

router = page_router()

_STATES = (
    DeliveryState.SENT,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.MANUAL,
)
_ORDERS = {
    Order.SENT: "Skickat, senaste först",
    Order.ANSWER_BY: "Besvaras senast",
    Order.PURGE_AFTER: "Gallras efter",
    Order.FORM: "Formulärets namn",
    Order.ANSWER: "Svar, besvarade sist",
}
_ANSWERS = (
    (AnswerKnown.ANSWERED.value, ANSWER_LABELS[AnswerKnown.ANSWERED]),
    (AnswerKnown.UNANSWERED.value, ANSWER_LABELS[AnswerKnown.UNANSWERED]),
    *(
        (status.value, FORM_STATUS_LABELS[status])
        for status in FormStatus
        if status is not FormStatus.COMPLETED
    ),
    (AnswerKnown.NOT_CHECKED.value, ANSWER_LABELS[AnswerKnown.NOT_CHECKED]),
)
"""What may be sought of answers: in all, and how far those have come that are not done."""
COLUMNS = {
    "paket": "Paketutskick",
    "tillfalle": "Tillfälle",
    "utskick": "Utskick",
    "skickat": "Skickat",
    "svar": "Svar, kontrollerat",
    "besvaras": "Besvaras senast",
    "gallras": "Gallras efter",
}
_USUAL = ("paket", "utskick", "skickat", "svar", "besvaras")
_LABELS = {
    "personnummer": "Personnummer",
    "skickat_fran": "Skickat från",
    "skickat_till": "Skickat till",
    "gallras_fran": "Gallras efter, från",
    "gallras_till": "Gallras efter, till",
}
_TEXTS = (
    "formular",
    "paketutskick",
    "personnummer",
    "skickat_fran",
    "skickat_till",
    "utskick_status",
    "svar_status",
    "gallras_fran",
    "gallras_till",
    "ordning",
)


@dataclass(slots=True)
class _Asked:
    """The filter as it stands on the page, and what is wrong with it."""

    fields: dict[str, str]
    columns: tuple[str, ...]
    with_purged: bool
    ticked: frozenset[DeliveryId] = frozenset()
    query: FollowUpQuery = field(default_factory=FollowUpQuery)
    problems: list[Problem] = field(default_factory=list)


@router.get("/uppfoljning", name="follow-up-page")
async def begin(request: Request, visitor: FollowUpStaff, wired: Wired, now: Now) -> Response:
    """The newest first."""
    asked = _Asked(fields=dict.fromkeys(_TEXTS, ""), columns=_USUAL, with_purged=False)
    return await _show(request, visitor, wired, now, asked)


@router.post("/uppfoljning", name="search-follow-up")
async def search(
    request: Request, visitor: FollowUpStaff, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Filter, turn the page, ask for statuses, export, or mark as purged what is ticked."""
    asked = _read(posted, wired, now)
    match act(posted):
        case "exportera", kind:
            return await _export(request, visitor, wired, now, asked, kind)
        case "gallra", _:
            return await _purge(request, visitor, wired, now, asked)
        case "sida", number:
            return await _show(request, visitor, wired, now, asked, number=_number(number))
        case "status", number:
            shown = _number(number)
            return await _show(request, visitor, wired, now, asked, number=shown, ask=True)
        case "svarsfrekvens", number:
            shown = _number(number)
            return await _show(request, visitor, wired, now, asked, number=shown, rate=True)
        case _:
            return await _show(request, visitor, wired, now, asked)


async def _show(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    asked: _Asked,
    *,
    number: int = 1,
    ask: bool = False,
    rate: bool = False,
    done: str = "",
) -> Response:
    found: FollowUpPage | None = None
    if not asked.problems:
        found = await wired.browse_follow_up(
            asked.query, page=number, ask=ask, rate=rate, actor=visitor.actor, now=now
        )
    values: Mapping[str, Any] = {
        "asked": asked,
        "found": found,
        "done": done,
        "problems": problems_by_field(tuple(asked.problems)),
        "labels": _LABELS,
        "columns": COLUMNS,
        "states": [("", "Alla"), *((s.value, DELIVERY_LABELS[s]) for s in _STATES)],
        "statuses": [("", "Alla"), *_ANSWERS],
        "orders": [(order.value, label) for order, label in _ORDERS.items()],
        "sign": delivery_sign,
        "today": wired.rules.today(now),
    }
    return page(
        request,
        "follow_up.html",
        visitor=visitor,
        status_code=422 if asked.problems else 200,
        **values,
    )


async def _export(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    asked: _Asked,
    kind: str,
) -> Response:
    if asked.problems or kind not in KINDS:
        return await _show(request, visitor, wired, now, asked)

    def export() -> Response:
        return table_file(
            wired.browse_follow_up.export_follow_up(asked.query, actor=visitor.actor, now=now),
            kind=kind,
            name=f"uppfoljning-{now.astimezone(wired.rules.zone):%Y-%m-%d}",
            title="Uppföljning",
            spreadsheets=wired.spreadsheets,
        )

    return await asyncio.to_thread(export)


async def _purge(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    asked: _Asked,
) -> Response:
    marked = await asyncio.to_thread(wired.mark_purged, asked.ticked, actor=visitor.actor, now=now)
    purged = counted(marked, "formulär markerat som gallrat", "formulär markerade som gallrade")
    done = f"{purged}." if marked else "Inget var markerat."
    return await _show(request, visitor, wired, now, asked, done=done)


def _read(posted: FormData, wired: Services, now: datetime) -> _Asked:
    problems: list[Problem] = []
    sent = read_days(posted, "skickat_fran", "skickat_till", problems=problems)
    purged = read_days(posted, "gallras_fran", "gallras_till", problems=problems)
    query = FollowUpQuery(
        form_name=text(posted, "formular").strip(),
        package_name=text(posted, "paketutskick").strip(),
        personnummer=read_personnummer(
            posted, "personnummer", problems=problems, rules=wired.rules, now=now
        ),
        sent_from=sent[0],
        sent_to=sent[1],
        state=_chosen(DeliveryState, text(posted, "utskick_status")),
        form_status=_chosen(FormStatus, text(posted, "svar_status")),
        answer=_chosen(AnswerKnown, text(posted, "svar_status")),
        purge_after_from=purged[0],
        purge_after_to=purged[1],
        with_purged="med_gallrade" in posted,
        order=_chosen(Order, text(posted, "ordning")) or Order.SENT,
    )
    return _Asked(
        fields={name: text(posted, name) for name in _TEXTS},
        columns=tuple(each for each in texts(posted, "kolumn") if each in COLUMNS),
        with_purged=query.with_purged,
        ticked=_ids(texts(posted, "vald")),
        query=query,
        problems=problems,
    )


def _chosen(kind: Any, value: str) -> Any:
    return kind(value) if value in {member.value for member in kind} else None


def _number(typed: str) -> int:
    return max(1, int(typed)) if re.fullmatch("[0-9]{1,3}", typed) else 1


def _ids(typed: list[str]) -> frozenset[DeliveryId]:
    found = set()
    for each in typed:
        with suppress(ValueError):
            found.add(DeliveryId(UUID(each)))
    return frozenset(found)

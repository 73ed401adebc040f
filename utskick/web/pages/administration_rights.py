"""Förvaltning, behörigheter: who may do what at the units that the visitor administers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import Request, Response

from utskick.domain.errors import NotFound, Problem, SpecRefused
from utskick.domain.rights import (
    EVERY_COMMISSION,
    RIGHT_LABELS,
    LastLocalAdministrator,
    Right,
)
from utskick.domain.units import HsaId, InvalidHsaId, parse_hsa_id
from utskick.use_cases.administer_rights import GrantSpec
from utskick.web.callers import Now, Wired
from utskick.web.labels import RIGHT_MEANINGS, source_in_words
from utskick.web.pages.frame import page, problems_by_field, see_other
from utskick.web.pages.posted import read_day, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import LocalAdministrator, Posted, Visitor
from utskick.wiring import Services

router = page_router()

_LABELS = {"staff_id": "Personens HSA-id", "right": "Behörighet", "until": "Till och med"}
_DONE = {
    "given": "Behörigheten är given. Den gäller från personens nästa klick.",
    "borttagen": "Behörigheten är borttagen. Det gäller från personens nästa klick.",
}


@router.get("/forvaltning/behorigheter", name="rights-page")
def browse(request: Request, visitor: LocalAdministrator, wired: Wired) -> Response:
    """The units to choose from; if there is one, that."""
    units = wired.administer_rights.administered_units(visitor.rights)
    if len(units) == 1:
        return _see(units[0].id)
    return page(request, "administration_rights.html", visitor=visitor, units=units)


@router.get("/forvaltning/behorigheter/{unit_id}", name="unit-rights-page")
def show(
    request: Request,
    unit_id: str,
    visitor: LocalAdministrator,
    wired: Wired,
    now: Now,
    besked: str = "",
) -> Response:
    """Everybody's at the unit, with where each comes from."""
    return _show(request, unit_id, visitor, wired, now, done=_DONE.get(besked, ""))


@router.post("/forvaltning/behorigheter/{unit_id}/ge", name="grant-right")
def grant(
    request: Request,
    unit_id: str,
    visitor: LocalAdministrator,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Give somebody a right that one has."""
    typed = {name: text(posted, name).strip() for name in _LABELS}
    problems: list[Problem] = []
    until = read_day(posted, "until", problems=problems)
    spec = GrantSpec(staff_id=typed["staff_id"], right=typed["right"], until=until)
    if not problems:
        try:
            wired.administer_rights.grant_right(
                _id(unit_id), spec, rights=visitor.rights, actor=visitor.actor, now=now
            )
            return _see(unit_id, "given")
        except SpecRefused as refused:
            problems.extend(refused.problems)
    return _show(request, unit_id, visitor, wired, now, typed=typed, problems=problems)


@router.post("/forvaltning/behorigheter/{unit_id}/ta-bort", name="withdraw-right")
def withdraw(
    request: Request,
    unit_id: str,
    visitor: LocalAdministrator,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Take it away; one's own last right of local administration after one more question."""
    grant_id = _grant_id(text(posted, "behorighet"))
    try:
        wired.administer_rights.withdraw_right(
            _id(unit_id),
            grant_id,
            sure=text(posted, "saker") == "ja",
            rights=visitor.rights,
            actor=visitor.actor,
            now=now,
        )
    except LastLocalAdministrator as last:
        return _show(
            request, unit_id, visitor, wired, now, last=last.staff_message, last_id=grant_id
        )
    if not wired.administer_rights.administered_units(
        wired.current_session.rights_now(visitor.session, now=now)
    ):
        return see_other("/inloggningar")
    return _see(unit_id, "borttagen")


def _show(
    request: Request,
    unit_id: str,
    visitor: Visitor,
    wired: Services,
    now: datetime,
    *,
    typed: dict[str, str] | None = None,
    problems: Sequence[Problem] = (),
    last: str = "",
    last_id: UUID | None = None,
    done: str = "",
) -> Response:
    opened = wired.administer_rights.unit_rights(_id(unit_id), rights=visitor.rights, now=now)
    grantable = visitor.rights.may_grant(opened.unit.id)
    return page(
        request,
        "administration_unit_rights.html",
        visitor=visitor,
        status_code=422 if problems else 409 if last else 200,
        opened=opened,
        typed=typed or dict.fromkeys(_LABELS, ""),
        problems=problems_by_field(tuple(problems)),
        labels=_LABELS,
        choices=[("", "Välj"), *((right.value, RIGHT_LABELS[right]) for right in grantable)],
        meanings=[(RIGHT_LABELS[right], RIGHT_MEANINGS[right]) for right in grantable],
        right_labels=RIGHT_LABELS,
        source_in_words=source_in_words,
        by_commission=[
            RIGHT_LABELS[right]
            for right in Right
            if EVERY_COMMISSION in wired.rules.right_roles.get(right, ())
        ],
        last=last,
        last_id=last_id,
        done=done,
    )


def _see(unit_id: str, done: str = "") -> Response:
    answer = f"/forvaltning/behorigheter/{unit_id}"
    return see_other(f"{answer}?besked={done}" if done else answer)


def _id(unit_id: str) -> HsaId:
    try:
        return parse_hsa_id(unit_id)
    except InvalidHsaId:
        raise NotFound("unit") from None


def _grant_id(posted: str) -> UUID:
    try:
        return UUID(posted)
    except ValueError:
        raise NotFound("grant") from None

"""Förvaltning, formulärlänkar: a link to a form for one of the units that the visitor administers.

Manual: "Den regionala förvaltningen (och i vissa fall din förvaltnings kontaktperson för
formulärhantering) kan skapa en länk till ett formulär för en specifik enhet."
"""

from fastapi import Request, Response

from utskick.domain.errors import NotFound, Problem, StartBlocked
from utskick.domain.rights import Right
from utskick.domain.units import HsaId
from utskick.use_cases.list_forms import meant
from utskick.web.callers import Now, Wired
from utskick.web.pages.frame import page, problems_by_field
from utskick.web.pages.offered_forms import groups
from utskick.web.pages.posted import act, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import LocalAdministrator, Posted, Visitor
from utskick.wiring import Services

router = page_router()

_LABELS = {"enhet": "Enhet", "formular": "Formulär"}


@router.get("/forvaltning/formularlankar", name="unit-links-page")
def begin(request: Request, visitor: LocalAdministrator, wired: Wired) -> Response:
    """Which unit; somebody's only one is chosen."""
    return _show(request, visitor, wired)


@router.post("/forvaltning/formularlankar", name="make-unit-link")
def make(
    request: Request, visitor: LocalAdministrator, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Choose the unit, whose forms are then offered; or make the link."""
    unit_id, typed = HsaId(text(posted, "enhet")), text(posted, "formular")
    if act(posted)[0] != "lank":
        return _show(request, visitor, wired, unit_id)
    form = meant(typed, wired.administer_forms.linkable_forms(unit_id))
    if form is None:
        wrong = Problem("formular", "formuläret finns inte.", "Välj ett som enheten får skicka.")
        return _show(request, visitor, wired, unit_id, wrong, typed=typed)
    try:
        link = wired.administer_forms.make_form_link(
            form.id, unit_id, actor=visitor.actor, within=_own(visitor), now=now
        )
    except (NotFound, StartBlocked):
        wrong = Problem("enhet", "ingen länk är skapad.", "Välj enhet och formulär igen.")
        return _show(request, visitor, wired, HsaId(""), wrong)
    return _show(request, visitor, wired, unit_id, typed=form.name, link=link)


def _show(
    request: Request,
    visitor: Visitor,
    wired: Services,
    chosen: HsaId | None = None,
    *problems: Problem,
    typed: str = "",
    link: str = "",
) -> Response:
    units = wired.administer_forms.linked_units(_own(visitor))
    wanted = units[0].id if chosen is None and len(units) == 1 else chosen
    unit = next((each for each in units if each.id == wanted), None)
    return page(
        request,
        "administration_links.html",
        visitor=visitor,
        status_code=422 if problems else 200,
        units=[("", "Välj enhet"), *((each.id, each.name) for each in units)],
        unit=unit,
        groups=groups(wired.administer_forms.linkable_forms(unit.id) if unit else ()),
        typed=typed,
        link=link,
        labels=_LABELS,
        problems=problems_by_field(problems),
    )


def _own(visitor: Visitor) -> frozenset[HsaId] | None:
    return visitor.rights.units(Right.LOCAL_ADMINISTRATION)

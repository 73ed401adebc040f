"""Förvaltning, mallkatalog: what 1177 lists, let in or taken in."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from fastapi import Request, Response

from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.forms import Catalogue, FormTemplateId
from utskick.use_cases.fetch_templates import FetchedTemplates, NewTemplateSpec
from utskick.web.callers import Now, Wired
from utskick.web.catalogue_words import (
    CHANGE_LABELS,
    fate_in_words,
    fetched_in_words,
    in_1177,
)
from utskick.web.labels import CATALOGUE_LABELS
from utskick.web.pages.administration_package_form import key_of
from utskick.web.pages.frame import page, problems_by_field, see_other
from utskick.web.pages.posted import act, read_spec, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Administrator, Posted, Visitor
from utskick.wiring import Services

router = page_router()

_HERE = "/forvaltning/mallkatalog"
_LABELS = {"key": "Kortnamn", "catalogue": "Samling", "owner": "Ägare"}


@router.get(_HERE, name="catalogue-page")
def begin(request: Request, visitor: Administrator) -> Response:
    """What it is, and the way to fetch: nothing is asked of 1177 yet."""
    return _page(request, visitor, None)


@router.post(_HERE, name="fetch-templates")
async def fetch(
    request: Request, visitor: Administrator, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Look, or let in what differs; what is held only when it is confirmed."""
    pressed, _ = act(posted)
    if pressed not in ("infor", "infor-allt"):
        return await asyncio.to_thread(
            _page, request, visitor, await wired.fetch_templates.look(), wired=wired
        )
    confirmed = pressed == "infor-allt"
    fetched = await wired.fetch_templates(actor=visitor.actor, now=now, confirmed=confirmed)
    return await asyncio.to_thread(
        _page, request, visitor, fetched, wired=wired, applied=True, confirmed=confirmed
    )


@router.post(_HERE + "/{template_id}", name="take-in-template")
async def take_in(
    request: Request,
    template_id: UUID,
    visitor: Administrator,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Keep one that is new, once somebody has said whose it is."""
    typed = {name: text(posted, name).strip() for name in _LABELS}
    try:
        form = await wired.fetch_templates.take_in(
            FormTemplateId(template_id),
            read_spec(NewTemplateSpec, typed),
            actor=visitor.actor,
            now=now,
        )
    except SpecRefused as refused:
        fetched = await wired.fetch_templates.look()
        return await asyncio.to_thread(
            _page,
            request,
            visitor,
            fetched,
            wired=wired,
            problems=refused.problems,
            typed={str(template_id): typed},
        )
    return see_other(f"/forvaltning/formularmallar/{form.id}?besked=intagen")


def _page(
    request: Request,
    visitor: Visitor,
    fetched: FetchedTemplates | None,
    *,
    wired: Services | None = None,
    applied: bool = False,
    confirmed: bool = False,
    problems: Sequence[Problem] = (),
    typed: dict[str, dict[str, str]] | None = None,
) -> Response:
    units = wired.administer_units.list_units() if wired else []
    return page(
        request,
        "administration_catalogue.html",
        visitor=visitor,
        status_code=422 if problems else 200,
        fetched=fetched,
        summary_in_words=fetched_in_words(fetched, confirmed=confirmed) if fetched else "",
        applied=applied,
        confirmed=confirmed,
        kinds=CHANGE_LABELS,
        in_1177=in_1177,
        fate=fate_in_words,
        catalogues=[(each.value, CATALOGUE_LABELS[each]) for each in Catalogue],
        owners=[("", "Ingen (nationell)"), *((unit.id, unit.name) for unit in units)],
        key_of=key_of,
        typed=typed or {},
        problems=problems_by_field(tuple(problems)),
        labels=_LABELS,
    )

"""Form links (formulärlänkar): a new form for whoever opens one and asks for it."""

from datetime import timedelta
from sqlite3 import Row
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response, status

from utskick.local_1177.forms import add_form
from utskick.local_1177.moments import today, years_old_on
from utskick.local_1177.templates import why_not_sendable
from utskick.local_1177.visits import PostedFields, ResidentVisit, Visiting, posted_ref

router = APIRouter(include_in_schema=False)

A_MONTH = timedelta(days=31)


@router.get("/etjanst/{template_id}")
async def form_link(
    template_id: str,
    visit: Visiting,
    external_application: Annotated[str, Query(alias="externalApplication")] = "",
) -> Response:
    """Opening a link makes nothing yet: the button does."""
    subject = visit.subject
    offer = _offer(visit, template_id, external_application.rpartition("_")[2])
    return visit.page("link.html", offer=offer, answers_for=subject, address=visit.address)


@router.post("/etjanst/{template_id}")
async def open_form(template_id: str, visit: Visiting, posted: PostedFields) -> Response:
    """Make a new form of the template. Answer within a year, as for forms that staff send.

    For whom is what the page said, whoever another tab has chosen since.
    """
    visit.act_for(posted_ref(posted))
    offer = _offer(visit, template_id, posted.get("unit", ""))
    now = visit.world.clock()
    expires = years_old_on(today(now), 1)
    form_id = add_form(
        visit.world.state,
        template_id=template_id,
        unit=offer["hsa_id"],
        person_ref=visit.subject["ref"],
        expire_date=f"{expires:%Y%m%d}",
        keep_until=f"{expires + A_MONTH:%Y%m%d}",
        banner="",
        now=now,
    )
    return visit.go(f"/formular/{form_id}")


def _offer(visit: ResidentVisit, template_id: str, unit: str) -> Row:
    """The template and the unit of a form link. Raises 404 when the unit may not send it."""
    offer: Row | None = visit.world.state.execute(
        "SELECT template.id, resident_name, description, hsa_id, unit.name AS unit_name"
        " FROM template, unit WHERE template.id = ? AND hsa_id = ?",
        (template_id, unit),
    ).fetchone()
    if offer is None or why_not_sendable(visit.world.state, template_id, unit):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return offer

"""Utkast: the unit's drafts, in a list; what can be done with one but to fill it in."""

from uuid import UUID

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.drafts import DraftId, DraftKind
from utskick.web.callers import Now, Wired
from utskick.web.pages.carried_list import Report
from utskick.web.pages.draft_desk import address_of, merged
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.posted import act, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.tables import table_file
from utskick.web.pages.visitors import Posted, Staff

router = page_router()

_KINDS = {
    DraftKind.PACKAGE: "Paketutskick",
    DraftKind.FORM: "Formulär",
    DraftKind.NAFS: "NAFS formulär",
}
_HEADINGS = ("Rad", "Personnummer", "Varför", "Vad du kan göra")


@router.get("/utkast", name="drafts-page")
def browse(request: Request, visitor: Staff, wired: Wired, *, besked: str = "") -> Response:
    """What each is, for how many, whose, and when it was changed."""
    return page(
        request,
        "drafts.html",
        visitor=visitor,
        drafts=wired.open_draft.list_for(actor=visitor.actor),
        kinds=_KINDS,
        address_of=address_of,
        kept_days=wired.rules.retention.drafts_days,
        deleted=besked == "borttaget",
    )


@router.post("/utkast/{draft_id}/ta-over", name="take-over-draft")
def take_over(draft_id: UUID, visitor: Staff, _posted: Posted, wired: Wired, now: Now) -> Response:
    """A colleague's becomes one's own; logged, as it shows patients."""
    draft = wired.open_draft.take_over(DraftId(draft_id), actor=visitor.actor, now=now)
    return see_other(address_of(draft))


@router.post("/utkast/{draft_id}/ta-bort", name="delete-draft")
def delete(draft_id: UUID, visitor: Staff, _posted: Posted, wired: Wired, now: Now) -> Response:
    """Nothing of it is sent."""
    wired.open_draft.delete(DraftId(draft_id), actor=visitor.actor, now=now)
    return see_other("/utkast?besked=borttaget")


@router.post("/utkast/{draft_id}/rapport", name="download-import-report")
def download(draft_id: UUID, visitor: Staff, posted: Posted, wired: Wired, now: Now) -> Response:
    """The rows that an import did not take, personnummer masked as they were on the page."""
    draft, _ = wired.open_draft(DraftId(draft_id), actor=visitor.actor, now=now)
    report = Report.read(text(merged(draft.content.fields, FormData()), "rapport"))
    rows = [
        (row.place, row.masked, row.reason, row.remedy)
        for row in (report.refused if report else ())
    ]
    return table_file(
        [_HEADINGS, *rows],
        kind="xlsx" if act(posted) == ("rapport", "xlsx") else "csv",
        name="mottagare-fel",
        title="Fel i listan",
        spreadsheets=wired.spreadsheets,
    )

"""What an import did not take, as a file to mend the list by."""

from fastapi import Response

from utskick.web.callers import Wired
from utskick.web.pages.posted import act, texts
from utskick.web.pages.refusals import page_router
from utskick.web.pages.tables import table_file
from utskick.web.pages.visitors import Posted, Staff

router = page_router()

_HEADINGS = ("Rad", "Personnummer", "Varför", "Vad du kan göra")
_FIELDS = ("rapport_rad", "rapport_nummer", "rapport_orsak", "rapport_atgard")


@router.post("/mottagare/rapport", name="download-import-report")
def download(_visitor: Staff, posted: Posted, wired: Wired) -> Response:
    """The rows that the page showed, personnummer masked as they were there."""
    rows = [_HEADINGS, *zip(*(texts(posted, name) for name in _FIELDS), strict=False)]
    return table_file(
        rows,
        kind="xlsx" if act(posted) == ("rapport", "xlsx") else "csv",
        name="mottagare-fel",
        title="Fel i listan",
        spreadsheets=wired.spreadsheets,
    )

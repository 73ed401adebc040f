"""What an import did not take, as a file to mend the list by."""

from fastapi import Response

from utskick.domain.tables import csv_bytes
from utskick.web.callers import Wired
from utskick.web.pages.posted import act, texts
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff

router = page_router()

_HEADINGS = ("Rad", "Personnummer", "Varför", "Vad du kan göra")
_FIELDS = ("rapport_rad", "rapport_nummer", "rapport_orsak", "rapport_atgard")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post("/mottagare/rapport", name="download-import-report")
def download(_visitor: Staff, posted: Posted, wired: Wired) -> Response:
    """The rows that the page showed, personnummer masked as they were there."""
    rows = [_HEADINGS, *zip(*(texts(posted, name) for name in _FIELDS), strict=False)]
    if act(posted) == ("rapport", "xlsx"):
        return _file(wired.spreadsheets.write(rows, name="Fel i listan"), _XLSX, "xlsx")
    return _file(csv_bytes(rows), "text/csv; charset=utf-8", "csv")


def _file(content: bytes, media_type: str, ending: str) -> Response:
    disposition = f'attachment; filename="mottagare-fel.{ending}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})

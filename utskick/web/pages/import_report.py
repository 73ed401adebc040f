"""What an import did not take, as a file to mend the list by."""

from fastapi import Response

from utskick.domain.tables import csv_bytes
from utskick.web.pages.posted import texts
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff

router = page_router()

_HEADINGS = ("Rad", "Personnummer", "Varför", "Vad du kan göra")
_FIELDS = ("rapport_rad", "rapport_nummer", "rapport_orsak", "rapport_atgard")


@router.post("/mottagare/rapport", name="download-import-report")
def download(_visitor: Staff, posted: Posted) -> Response:
    """The rows that the page showed, personnummer masked as they were there."""
    rows = zip(*(texts(posted, name) for name in _FIELDS), strict=False)
    return Response(
        csv_bytes([_HEADINGS, *rows]),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="mottagare-fel.csv"'},
    )

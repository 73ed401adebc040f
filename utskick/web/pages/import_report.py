"""What an import did not take, as a file to mend the list by."""

from fastapi import Response

from utskick.web.callers import Wired
from utskick.web.pages.carried_list import Report
from utskick.web.pages.posted import act, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.tables import table_file
from utskick.web.pages.visitors import Posted, Staff

router = page_router()

_HEADINGS = ("Rad", "Personnummer", "Varför", "Vad du kan göra")


@router.post("/mottagare/rapport", name="download-import-report")
def download(_visitor: Staff, posted: Posted, wired: Wired) -> Response:
    """The rows that the page showed, personnummer masked as they were there."""
    report = Report.read(text(posted, "rapport"))
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

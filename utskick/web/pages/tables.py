"""Tables that are downloaded: as CSV or as a spreadsheet."""

from fastapi import Response

from utskick.domain.tables import Rows, csv_bytes
from utskick.ports import Spreadsheets

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def table_file(
    rows: Rows, *, kind: str, name: str, title: str, spreadsheets: Spreadsheets
) -> Response:
    """An answer that the browser saves as `name`; `kind` is one of `KINDS`."""
    content = csv_bytes(rows) if kind == "csv" else spreadsheets.write(rows, name=title)
    return Response(
        content,
        media_type=KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )

"""All sheets of an Excel file (.xlsx)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from utskick.adapters.xlsx_parts import Attributes, Package, ids_of, is_on
from utskick.adapters.xlsx_sheets import SheetReading, Workbook
from utskick.adapters.xlsx_texts import Styles, shared_texts
from utskick.domain.limits import CELLS_A_ROW
from utskick.domain.recipients import OtherKind, UnreadableFile
from utskick.domain.sheets import Sheet

_MOST_SHEETS = 1000
_SHOWN = "visible"
_OTHER_KINDS = {
    "xl/workbook.bin": "en binär Excel-arbetsbok (.xlsb)",
    "content.xml": "ett OpenDocument-kalkylblad eller -dokument",
    "Index/Document.iwa": "ett dokument från Numbers eller Pages",
}
_SAVE_AS = "Öppna den i sitt program, spara den som Excel-arbetsbok (.xlsx) och importera den."
_COPY = "Kopiera personnumren till en textfil eller till Excel och importera den filen."


@dataclass(slots=True)
class _Contents:
    """What the workbook's own part says of its sheets: name, state, and where each lies."""

    sheets: list[tuple[str, str, str]] = field(default_factory=list)
    in_front: int = 0
    epoch: datetime = WINDOWS_EPOCH

    def add_sheet(self, attributes: Attributes) -> None:
        if len(self.sheets) >= _MOST_SHEETS:
            raise UnreadableFile
        state = attributes.get("state", _SHOWN)
        self.sheets.append((attributes["name"], state, next(ids_of(attributes))))

    def note_view(self, attributes: Attributes) -> None:
        self.in_front = int(attributes.get("activeTab", 0))

    def note_properties(self, attributes: Attributes) -> None:
        if is_on(attributes, "date1904"):
            self.epoch = MAC_EPOCH


def read_workbook(package: Package, *, most_rows: int) -> list[Sheet]:
    """Its sheets with cells, in order. Raises `OtherKind` for what is no workbook of the kind."""
    main = _main_part(package)
    contents = _Contents()
    package.read(
        main,
        starts={
            "sheet": contents.add_sheet,
            "workbookView": contents.note_view,
            "workbookPr": contents.note_properties,
        },
        ends={},
    )
    related = package.relations(main)
    most_cells = CELLS_A_ROW * most_rows
    of_kind = {each.kind: each.part for each in related.values()}
    strings, styles = of_kind.get("sharedStrings"), of_kind.get("styles")
    book = Workbook(
        texts=shared_texts(package, strings, most=most_cells) if strings else (),
        styles=Styles.read(package, styles) if styles else Styles(),
        epoch=contents.epoch,
        most_rows=most_rows,
        most_cells=most_cells,
    )
    return [
        _sheet(package, related[where].part, book, name, state, in_front=n == contents.in_front)
        for n, (name, state, where) in enumerate(contents.sheets)
        if related[where].kind == "worksheet"
    ]


def _main_part(package: Package) -> str:
    for each in package.relations("").values():
        if each.kind == "officeDocument" and each.part.endswith(".xml"):
            if each.part.startswith("word/"):
                raise OtherKind("ett Word-dokument", _COPY)
            return each.part
    for part, what in _OTHER_KINDS.items():
        if package.has(part):
            raise OtherKind(what, _SAVE_AS)
    raise UnreadableFile


def _sheet(
    package: Package, part: str, book: Workbook, name: str, state: str, *, in_front: bool
) -> Sheet:
    reading = SheetReading(name, book)
    for table in _tables(package, part):
        reading.read_table(package, table)
    reading.read(package, part)
    return Sheet(
        name=name,
        rows=list(reading.rows()),
        hidden=state != _SHOWN,
        in_front=in_front,
        unseen_columns=reading.columns,
    )


def _tables(package: Package, part: str) -> Iterator[str]:
    return (each.part for each in package.relations(part).values() if each.kind == "table")

"""Hostile workbooks: whatever is in one, it ends soon, and takes nobody else's time or memory."""

import io
import sys
import zipfile
from collections.abc import Iterator

import pytest

from utskick.adapters.bounded_spreadsheets import BoundedSpreadsheets
from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.domain.recipients import UnreadableFile, WorkbookTooLarge
from utskick.ports import still_wanted

LARGE = [[f"{number}", "19121212-1212", "Testperson"] for number in range(9_000)]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{}</Relationships>"
)
RELATION = '<Relationship Id="{0}" Type="' + RELATED + '/{1}" Target="{2}"/>'


def hostile(rows: str, *, strings: str = "", sheets: int = 1) -> bytes:
    """A workbook of sheets that all are the same part, with these rows."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        main = RELATION.format("r", "officeDocument", "xl/workbook.xml")
        archive.writestr("_rels/.rels", RELATIONS.format(main))
        named = "".join(f'<sheet name="{n}" r:id="r"/>' for n in range(sheets))
        book = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>{named}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", book)
        parts = RELATION.format("r", "worksheet", "s.xml")
        parts += RELATION.format("t", "sharedStrings", "t.xml")
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(parts))
        sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        archive.writestr("xl/s.xml", sheet)
        archive.writestr("xl/t.xml", f'<sst xmlns="{MAIN}">{strings}</sst>')
    return file.getvalue()


ONE_ROW = hostile(f"<row>{'<c><v>1</v></c>' * 2_800_000}</row>")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test reaches soon."""
    monkeypatch.setattr("utskick.adapters.xlsx_parts.MOST_ELEMENTS", 10_000)


@pytest.fixture
def nobody_waits() -> Iterator[None]:
    """The browser is gone."""
    token = still_wanted.set(lambda: False)
    yield
    still_wanted.reset(token)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "raw",
    [
        hostile(f"<row>{'<c/>' * 10_000}</row>"),
        hostile("<row/>" * 10_000),
        hostile("<x/>" * 10_000),
        hostile("<row/>" * 1_000, sheets=20),
        hostile("", strings="<si><t>x</t></si>" * 10_000),
        hostile("<x>" * 200 + "</x>" * 200),
    ],
    ids=["empty cells", "empty rows", "unknown", "one part, many sheets", "strings", "deep"],
)
def test_whatever_is_too_much_ends_the_reading(raw: bytes) -> None:
    with pytest.raises(WorkbookTooLarge):
        OpenpyxlSpreadsheets().read(raw)


def test_a_file_of_thousands_of_parts_is_none_of_excels() -> None:
    file = io.BytesIO(hostile("<row/>"))
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(3_000):
            archive.writestr(f"xl/{number}", "")

    with pytest.raises(WorkbookTooLarge):
        BoundedSpreadsheets(reader=["false"]).read(file.getvalue())


def test_a_row_of_millions_of_cells_is_left_to_a_process_that_is_ended(
    nobody_waits: None,
) -> None:
    assert len(ONE_ROW) < 90_000

    with pytest.raises(WorkbookTooLarge):
        BoundedSpreadsheets().read(ONE_ROW)


def test_a_large_file_is_read_apart_as_a_small_one_is_read_here() -> None:
    raw = OpenpyxlSpreadsheets().write(LARGE, name="Mottagare")

    assert BoundedSpreadsheets().read(raw) == OpenpyxlSpreadsheets().read(raw)


def reading(code: str) -> BoundedSpreadsheets:
    return BoundedSpreadsheets(reader=[sys.executable, "-c", code])


@pytest.mark.parametrize(
    "code",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)",
        "raise MemoryError",
        "import sys; sys.exit(1)",
    ],
    ids=["time", "memory", "fault"],
)
def test_a_process_that_comes_to_its_end_was_given_too_much(code: str) -> None:
    with pytest.raises(WorkbookTooLarge):
        reading(code).read(ONE_ROW)


def test_the_process_has_no_more_memory_and_time_than_it_is_given() -> None:
    code = (
        "import resource; from utskick.adapters import spreadsheet_process as p;"
        " p._bound_ourselves();"
        " assert resource.getrlimit(resource.RLIMIT_CPU) == (20, 20);"
        " assert resource.getrlimit(resource.RLIMIT_FSIZE) == (0, 0);"
        " bytearray(210_000_000)"
    )

    with pytest.raises(WorkbookTooLarge):
        reading(code).read(ONE_ROW)


def test_no_setting_and_no_key_is_given_to_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTSKICK_DATABASE__INDEX_KEY", "secret")
    code = (
        "import os, pickle, sys;"
        "named = sorted(name for name in os.environ if not name.startswith('LC_'));"
        "sys.stdout.buffer.write(pickle.dumps((False, str(named))))"
    )

    with pytest.raises(UnreadableFile) as refused:
        reading(code).read(ONE_ROW)

    assert refused.value.staff_message == "['PYTHONPATH']"


def test_what_is_wrong_with_a_large_file_is_said_as_of_a_small_one() -> None:
    code = "import pickle, sys; sys.stdout.buffer.write(pickle.dumps((True, 'Bladet Lista ...')))"

    with pytest.raises(WorkbookTooLarge) as refused:
        reading(code).read(ONE_ROW)

    assert refused.value.staff_message == "Bladet Lista ..."

"""recipients_file: read as on the page, and named by the file's own rows."""

import io
import json
from uuid import UUID

import openpyxl
import pytest

from tests.command.conftest import Installation
from tests.recipient_cases import PROTECTED, READ, REFUSED, A, B, C, Case
from utskick.domain.specs import DispatchSpec, UploadId


def spec(installation: Installation, case: Case, **changes: object) -> str:
    installation.write(case.content, case.name)
    return installation.spec(recipients=[], recipients_file=case.name, **changes)


def listed(installation: Installation) -> int:
    return len(json.loads(installation.run("list", "--json").stdout))


@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
def test_those_whom_staff_see_become_recipients(installation: Installation, case: Case) -> None:
    changes: dict[str, object] = {"recipients_hidden": "leave_out"} if case.asked else {}
    if case.asked:
        asked = installation.run("submit", spec(installation, case))
        assert (asked.exit_code, listed(installation)) == (1, 0)
        assert f"recipients_file: På bladet {case.sheet}: {case.asked}" in asked.stderr
        assert "recipients_hidden: leave_out" in asked.stderr

    result = installation.run("submit", spec(installation, case, **changes), "--json")

    if case.refused:
        problems = [line for line in result.stderr.splitlines() if "recipients, rad" in line]
        rows = [line.split("rad ")[1].split(" ")[0] for line in problems]
        assert (result.exit_code, rows) == (1, [f"{row}" for row in case.refused])
        return
    assert result.exit_code == 0, result.stderr
    with installation.services.store.transaction() as records:
        dispatch = installation.dispatch(json.loads(result.stdout)["id"])
        recipients = records.dispatches.recipients(dispatch.id)
    assert sorted(each.personnummer.digits for each in recipients) == sorted(case.digits)
    assert case.said in result.stderr
    assert (f"lästa från bladet {case.sheet}" in result.stderr) is bool(case.sheet)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_file_that_is_no_list_is_named_for_what_it_is(
    installation: Installation, case: Case
) -> None:
    result = installation.run("submit", spec(installation, case))

    assert result.exit_code == 1
    assert case.said in result.stderr
    assert listed(installation) == 0


def two_sheets() -> Case:
    book = openpyxl.Workbook()
    book.active.title = "Barn"
    for name, numbers in [("Barn", (A, B)), ("Föräldrar", (C,))]:
        sheet = book[name] if name in book.sheetnames else book.create_sheet(name)
        for number in numbers:
            sheet.append([number])
    file = io.BytesIO()
    book.save(file)
    return Case("blad.xlsx", file.getvalue())


def test_of_two_sheets_the_spec_says_which(installation: Installation) -> None:
    asked = installation.run("submit", spec(installation, two_sheets()))
    result = installation.run(
        "submit", spec(installation, two_sheets(), recipients_sheet="barn"), "--json"
    )

    assert asked.exit_code == 1
    assert "Barn (2) och Föräldrar (1)" in asked.stderr
    assert "recipients_sheet: Barn eller Föräldrar" in asked.stderr
    assert result.exit_code == 0
    assert "lästa från bladet Barn" in result.stderr


def test_whoever_is_refused_later_is_shown_by_the_row_and_the_sheet(
    installation: Installation,
) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Mars"
    for row in (["Personnummer"], [], [A], [PROTECTED]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)

    result = installation.run("submit", spec(installation, Case("mars.xlsx", file.getvalue())))

    assert "recipients, rad 4 på bladet Mars (" in result.stderr
    assert "Skyddad identitet" in result.stderr


def test_rows_that_may_be_a_note_start_nothing(installation: Installation) -> None:
    text = f'Namn;Personnummer;Not\nEk;{A};\nAl;{B};"Ring\nmor;{C};sen\n'

    result = installation.run("submit", spec(installation, Case("not.csv", text.encode())))

    assert result.exit_code == 1
    assert "recipients, rad 3: Raden står mellan citattecken" in result.stderr
    assert "recipients, rad 4: Raden står mellan citattecken" in result.stderr


def test_an_uploaded_spec_keeps_the_rows(installation: Installation) -> None:
    case = next(each for each in READ if each.refused and each.taken)

    result = installation.run("upload", spec(installation, case))

    uploaded = UploadId(UUID(result.stdout.strip()))
    content = installation.services.upload_spec.read_upload(uploaded)
    listed = DispatchSpec.model_validate_json(content).listed_recipients
    assert [each.row for each in listed] == [*case.rows, *case.refused]

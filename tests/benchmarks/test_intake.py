from pathlib import Path

import pytest

from benchmarks.importing import Imported, imported
from benchmarks.intake import result
from benchmarks.recipient_files import FORMATS, WRONG, numbers, recipient_file
from benchmarks.submissions import Submitted
from tests.benchmarks.running import measured
from tests.clinic import MONDAY_NOON
from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.domain.personnummer import SENTENCES
from utskick.domain.rules import Rules
from utskick.use_cases.import_recipients import ImportRecipients

FILE = Imported(seconds=1.5, peak_mb=90, accepted=190, refused=10, headings=1)


@pytest.mark.proof
def test_the_benchmark_shows_every_row_of_every_format(tmp_path: Path) -> None:
    written = measured(
        "intake", "--repeats", "0", "--rows", "2000", figures=tmp_path / "figures.json"
    )

    assert set(written["files"]) == set(FORMATS)
    assert all(f["accepted"] + f["refused"] == 2000 for f in written["files"].values())
    assert 0 < written["intake_rows_2k_s"] < 60
    assert 20 < written["intake_rows_2k_mb"] < 300


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_holds_the_same_persons_and_as_many_wrong_rows(kind: str) -> None:
    found = imported(recipient_file(kind, 600))

    assert (found.accepted, found.refused) == (570, 30)
    assert found.headings == (0 if kind == "txt" else 1)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_way_to_get_a_number_wrong_is_among_them(kind: str) -> None:
    found = ImportRecipients(
        spreadsheets=OpenpyxlSpreadsheets(), rules=Rules(max_recipients=1000)
    )(recipient_file(kind, 20 * len(WRONG)), now=MONDAY_NOON)

    reasons = {row.reason for row in found.refused}
    every = {reason for reason, _remedy in SENTENCES.values()}
    # An empty line of a text is no row.
    assert every - reasons == ({"Personnummer saknas."} if kind == "txt" else set())
    assert reasons - every == {"Kalkylprogrammet har avrundat personnumret."}


def test_once_the_test_numbers_have_run_out_they_come_again() -> None:
    every = list(numbers(18_262 + 3))

    assert every[18_262].replace("-", "") == every[0]


def test_the_worst_format_is_the_figure() -> None:
    slow = Imported(seconds=9, peak_mb=80, accepted=190, refused=10, headings=1)

    figures = result(100_000, [], {"csv": FILE, "xlsx": slow})

    assert (figures["intake_rows_100k_s"], figures["intake_rows_100k_mb"]) == (9, 90)
    assert "intake_submit_s" not in figures


def test_of_the_submissions_the_middle_one_is_shown() -> None:
    each = [
        Submitted(answered_s=seconds, saved_s=seconds / 2, registered_s=seconds)
        for seconds in (0.4, 9.0, 0.6)
    ]

    figures = result(100_000, each, {})

    assert figures["intake_submit_s"] == figures["intake_registered_s"] == 0.6
    assert figures["intake_saved_s"] == 0.3

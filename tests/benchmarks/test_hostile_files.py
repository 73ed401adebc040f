from pathlib import Path

import pytest

from benchmarks.hostile_files import CELLS, hostile_workbook
from tests.benchmarks.running import measured


def test_the_file_is_as_small_as_the_one_that_stopped_all_pages() -> None:
    assert len(hostile_workbook(CELLS)) < 90_000


@pytest.mark.proof
def test_pages_answer_while_hostile_spreadsheets_are_read(tmp_path: Path) -> None:
    figures = measured("hostile_files", figures=tmp_path / "figures.json")

    assert set(figures["imports"]) <= {"200 refused", "429"}
    assert figures["slowest_page_ms"] < 1000
    assert figures["more_memory_mb"] < 300

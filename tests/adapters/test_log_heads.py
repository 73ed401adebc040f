"""Heads of the access log are only ever added to, and are found again by unit."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from utskick.adapters.file_log_heads import FileLogHeads
from utskick.adapters.in_memory import InMemoryLogHeads
from utskick.domain.log_chain import LogHead
from utskick.domain.log_head_lines import as_line, read_heads
from utskick.domain.units import HsaId, InvalidHsaId
from utskick.ports import LogHeads

UNIT, OTHER = HsaId("SE2321000131-E000000000101"), HsaId("SE2321000131-E000000000102")


def head(number: int, unit_id: HsaId = UNIT) -> LogHead:
    at = datetime(2027, 2, 1, 11, 0, number, tzinfo=UTC)
    return LogHead(unit_id=unit_id, number=number, hash="a" * 64, at=at, key=1, seal="b" * 64)


@pytest.fixture(params=["file", "in memory"])
def heads(request: pytest.FixtureRequest, tmp_path: Path) -> LogHeads:
    return FileLogHeads(tmp_path / "heads") if request.param == "file" else InMemoryLogHeads()


def test_of_each_unit_its_heads_come_back_in_order(heads: LogHeads) -> None:
    heads.add([head(1), head(5, OTHER)])
    heads.add([head(2)])

    assert heads.of(UNIT) == [head(1), head(2)]
    assert heads.newest(UNIT) == head(2)
    assert heads.newest(OTHER) == head(5, OTHER)
    assert heads.units() == [UNIT, OTHER]


def test_before_any_was_added_there_are_none(heads: LogHeads) -> None:
    assert (heads.of(UNIT), heads.newest(UNIT), heads.units()) == ([], None, [])


def test_the_newest_of_many_is_found_at_the_end(heads: LogHeads) -> None:
    heads.add([head(number % 60) for number in range(100)])

    assert heads.newest(UNIT) == head(39)


# In files


def files(folder: Path) -> Sequence[Path]:
    return list(folder.iterdir())


def test_the_files_are_nobody_elses_to_read(tmp_path: Path) -> None:
    FileLogHeads(tmp_path / "heads").add([head(1)])

    assert (tmp_path / "heads").stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in files(tmp_path / "heads")] == [0o600]


def test_a_line_that_a_power_cut_has_torn_costs_no_other(tmp_path: Path) -> None:
    heads = FileLogHeads(tmp_path)
    heads.add([head(1)])
    [file] = files(tmp_path)
    file.write_text(file.read_text() + as_line(head(2))[:40])

    heads.add([head(3)])

    assert heads.of(UNIT) == [head(1), head(3)]


def test_a_unit_that_is_none_names_no_file(tmp_path: Path) -> None:
    heads = FileLogHeads(tmp_path / "heads")

    with pytest.raises(InvalidHsaId):
        heads.add([head(1, HsaId("../../keys"))])

    assert files(tmp_path) == [tmp_path / "heads"]
    assert files(tmp_path / "heads") == []


# In a text


def test_heads_are_found_in_a_mail_or_a_system_log() -> None:
    text = f"Loggarnas huvuden\r\n\r\nDec 1 12:00 web[7]: {as_line(head(1))}\r\n{as_line(head(2))}"

    assert read_heads(text) == [head(1), head(2)]


@pytest.mark.parametrize(
    "line", ["", "{", "{}", "[]", '{"unit": 1}', as_line(head(1)).replace("2027", "20xx")]
)
def test_what_is_no_head_is_passed_over(line: str) -> None:
    assert read_heads(line) == []

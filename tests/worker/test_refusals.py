"""A process that may not start says why, and ends."""

import pytest

from tests.log_lines import Lines, log_lines
from utskick.domain.starting import RefusedToStart
from utskick.worker.refusals import refused_in_words

__all__ = ["log_lines"]


def test_whoever_starts_it_and_whoever_reads_the_log_get_every_fault(log_lines: Lines) -> None:
    with pytest.raises(SystemExit) as ended, refused_in_words():
        raise RefusedToStart("one is missing: set it", "another is weak: make a new one")

    code = str(ended.value.code)
    assert code.splitlines() == [
        "Not started until this is mended:",
        "• one is missing: set it",
        "• another is weak: make a new one",
    ]
    [line] = log_lines.all
    assert (line["event"], line["outcome"]) == ("process_not_started", "refused")
    assert line["faults"] == ["one is missing: set it", "another is weak: make a new one"]


def test_what_is_no_refusal_goes_its_own_way() -> None:
    with pytest.raises(KeyError), refused_in_words():
        raise KeyError

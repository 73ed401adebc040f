"""SECURITY.md: each requirement of OWASP ASVS is judged once, and what shows it is there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "SECURITY.md").read_text()
REQUIREMENTS, MOST_PARTLY = 253, 15
_ROW = re.compile(
    r"^\| (V\d+\.\d+) [^|]+\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|(.*)\|$", re.MULTILINE
)
_SECTION = re.compile(r"\*([A-Z][a-z ,-]+)\*(?=.*above)")


@dataclass(frozen=True, slots=True)
class Judged:
    """One group of requirements. `shown_by` is what stands in its last column."""

    group: str
    met: Sequence[int]
    partly: Sequence[int]
    missing: Sequence[int]
    not_ours: Sequence[int]
    shown_by: str

    @property
    def all(self) -> list[int]:
        return [*self.met, *self.partly, *self.missing, *self.not_ours]


def _judged(row: re.Match[str]) -> Judged:
    met, partly, missing, not_ours = (
        [int(number) for number in column.split()] for column in row.groups()[1:5]
    )
    return Judged(row[1], met, partly, missing, not_ours, row[6])


GROUPS = [_judged(row) for row in _ROW.finditer(DOCUMENT)]
every_group = pytest.mark.parametrize("judged", GROUPS, ids=lambda judged: judged.group)


def test_every_requirement_is_judged_once() -> None:
    assert sum(len(judged.all) for judged in GROUPS) == REQUIREMENTS
    assert [g.group for g in GROUPS if len(set(g.all)) != len(g.all)] == []
    assert len({judged.group for judged in GROUPS}) == len(GROUPS)


def test_the_sums_are_those_of_the_table() -> None:
    met, partly, missing, not_ours = (
        sum(map(len, column))
        for column in zip(*((g.met, g.partly, g.missing, g.not_ours) for g in GROUPS), strict=True)
    )

    assert f"{met} are met, {partly} partly, {missing} not; {not_ours} do not apply." in DOCUMENT


def test_nothing_is_missing_and_little_is_half_done() -> None:
    assert [judged.group for judged in GROUPS if judged.missing] == []
    assert sum(len(judged.partly) for judged in GROUPS) < MOST_PARTLY


@every_group
def test_what_is_met_is_shown_by_something(judged: Judged) -> None:
    named = re.findall(r"`((?:tests|config|utskick)/[^`]+)`", judged.shown_by)
    sections = _SECTION.findall(judged.shown_by)

    assert named or sections or not (judged.met or judged.partly)
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [title for title in sections if f"\n## {title}\n" not in DOCUMENT] == []


@every_group
def test_what_is_only_partly_met_is_explained(judged: Judged) -> None:
    numbers = [f"{judged.group[1:]}.{number}:" for number in (*judged.partly, *judged.missing)]

    assert [number for number in numbers if number not in judged.shown_by] == []


def test_every_section_says_something() -> None:
    sections = re.split(r"^## .*\n", DOCUMENT, flags=re.MULTILINE)[1:]

    assert [section for section in sections if len(section.strip()) < 40] == []


def test_every_attack_has_tests() -> None:
    section = DOCUMENT.split("\n## Attacks, and the tests that make them\n")[1].split("\n## ")[0]
    attacks = re.findall(r"^\| (?!attack |-)(.+) \| (.+) \|$", section, re.MULTILINE)

    assert attacks
    for attack, shown_by in attacks:
        named = re.findall(r"`(tests/[^`]+\.py)`", shown_by)
        assert named, attack
        assert [path for path in named if not (ROOT / path).is_file()] == [], attack

"""One thing has one name, and a word that means ten things names none."""

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("utskick", "flows", "tasks", "config")
VAGUE = re.compile(r"(?<![a-z])(tell|tells|telling|told)(?![a-z])", re.IGNORECASE)
"""Return, report, notify, distinguish, configure: whichever is meant."""
_CLASS = re.compile(r"^class ([A-Z]\w*)|^([A-Z][a-z]\w*) = (?!TypeVar)", re.MULTILINE)
_A_STATEMENT_BEGINS = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
_BETWEEN = {tokenize.NL, tokenize.COMMENT}


@pytest.mark.parametrize("folder", [*PRODUCT, "tests", "benchmarks"])
def test_no_name_and_no_docstring_uses_a_word_with_ten_meanings(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / folder).rglob("*.py")
        if VAGUE.search(path.read_text())
        for line in _vague_lines(path)
    ]

    assert found == []


def test_no_two_classes_have_the_same_name() -> None:
    names = Counter(
        defined[1] or defined[2]
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
        for defined in _CLASS.finditer(path.read_text())
    )

    assert [name for name, count in names.items() if count > 1] == []


def _vague_lines(path: Path) -> Iterator[int]:
    """Of names, comments and docstrings: other texts may quote what is stored or shown."""
    before = tokenize.ENCODING
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        docstring = token.type == tokenize.STRING and before in _A_STATEMENT_BEGINS
        ours = docstring or token.type in {tokenize.NAME, tokenize.COMMENT}
        if ours and VAGUE.search(token.string):
            yield token.start[0]
        if token.type not in _BETWEEN:
            before = token.type

"""The promises are tested one by one, and each test quotes its own in Swedish."""

import ast
import re
from pathlib import Path

_FOLDER = Path(__file__).parent
_SWEDISH = re.compile(r"[åäö]|\b(och|att|som|av|en|ett|i|med|om|vid)\b", re.IGNORECASE)
_FEWEST = 65


def _promises() -> dict[str, str]:
    """Each test of the manual, and the sentence that it quotes."""
    return {
        f"{path.name}::{node.name}": ast.get_docstring(node) or ""
        for path in _FOLDER.glob("test_*.py")
        if path != Path(__file__)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def test_at_least_sixty_five_promises_are_tested() -> None:
    assert len(_promises()) >= _FEWEST


def test_every_test_quotes_a_swedish_sentence() -> None:
    unquoted = [test for test, quoted in _promises().items() if not _SWEDISH.search(quoted)]

    assert unquoted == []

"""The promises are counted, each is kept by tests, and each test quotes its own in Swedish."""

import ast
import re
from pathlib import Path

import pytest

from tests.manual.promises import TESTS, Promise, hash_of, main, sentences

_FOLDER = Path(__file__).parent
_SWEDISH = re.compile(r"[åäö]|\b(och|att|som|av|en|ett|i|med|om|vid)\b", re.IGNORECASE)


def _quotes() -> dict[str, str]:
    """Each test of the manual, and the sentence that it quotes."""
    return {
        f"manual/{path.name}::{test}": quoted
        for path in _FOLDER.glob("test_*.py")
        if path != Path(__file__)
        for test, quoted in _tests_of(path).items()
    }


def _tests_of(path: Path) -> dict[str, str]:
    return {
        node.name: ast.get_docstring(node) or ""
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def test_every_test_quotes_a_swedish_sentence() -> None:
    unquoted = [test for test, quoted in _quotes().items() if not _SWEDISH.search(quoted)]

    assert unquoted == []


def test_every_sentence_has_one_row_and_a_name() -> None:
    rows = Promise.all()

    assert len({row.sentence for row in rows}) == len(rows)
    assert all(row.name for row in rows)


def test_whatever_is_said_to_keep_a_promise_is_a_test() -> None:
    named = {test for row in Promise.all() for test in row.tests}
    modules = {test.partition("::")[0] for test in named}
    tests = {f"{module}::{test}" for module in modules for test in _tests_of(TESTS / module)}

    assert named - tests == set()


def test_every_test_of_the_manual_keeps_a_promise() -> None:
    named = {test for row in Promise.all() for test in row.tests}

    assert set(_quotes()) - named == set()


def test_what_is_missing_is_missing_of_a_promise() -> None:
    odd = [row.name for row in Promise.all() if row.missing and not row.tests]

    assert odd == []


def test_a_sentence_is_known_by_its_words() -> None:
    manual = "- Klicka på knappen OK.\n\n- Gå dit. Välj ”A”. Ange kl. 08:00."

    assert list(sentences(manual).values()) == [
        "Klicka på knappen OK.",
        "Gå dit.",
        "Välj ”A”.",
        "Ange kl. 08:00.",
    ]
    assert hash_of("Klicka på  knappen OK!") == hash_of("klicka pa\u030a knappen ”ok”")
    assert hash_of("Klicka på knappen OK.") in {row.sentence for row in Promise.all()}


def test_a_manual_that_has_changed_differs_from_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manual = tmp_path / "manual.txt"
    manual.write_text("Klicka på knappen OK. Ett nytt löfte.", encoding="utf-8")

    assert main(manual) == 1

    report = capsys.readouterr().out
    assert f"+ {hash_of('Ett nytt löfte')}  Ett nytt löfte." in report
    assert hash_of("Klicka på knappen OK.") not in report
    assert f"2 sentences, {len(Promise.all())} rows" in report

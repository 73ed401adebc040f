"""What the documents name is there: paths, modules, make's targets, commands, links."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from utskick.command import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "DECISIONS.md",
    "HANDBOK.md",
    "PERFORMANCE.md",
    "RELIABILITY.md",
    "SECURITY.md",
    "benchmarks/README.md",
)
NOT_OURS = {
    ".venv/bin/utskick",
    "build/",
    "build/sbom.cdx.json",
    "config/.env",
    "spec.yaml",
    "var/",
}
"""Made later, or the reader's own."""
_CODE = re.compile(r"```.*?```|`([^`\n]+)`", re.DOTALL)
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]*)+|[\w-]+\.(?:lock|md|py|toml|yaml)")
_MODULE = re.compile(r"python -m ([\w.]+)")
_TARGET = re.compile(r"make ([a-z-]+)")
_COMMAND = re.compile(r"(?:^|bin/|\s)utskick ([a-z][a-z-]+)")
_LINK = re.compile(r"\]\(([^)#]+)")
every_document = pytest.mark.parametrize("document", DOCUMENTS)


@every_document
def test_every_path_that_is_named_is_there(document: str) -> None:
    words = {word for code in _code(document) for word in code.split()}
    paths = {word for word in words if _PATH.fullmatch(word)}

    assert {path for path in paths - NOT_OURS if not (ROOT / path).exists()} == set()


@every_document
def test_every_module_that_is_started_is_there(document: str) -> None:
    modules = {name for code in _code(document) for name in _MODULE.findall(code)}

    assert {name for name in modules if not _is_module(name)} == set()


@every_document
def test_make_has_every_target_that_is_named(document: str) -> None:
    named = {name for code in _code(document) for name in _TARGET.findall(code)}
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert named - set(targets) == set()


@every_document
def test_the_program_has_every_command_that_is_named(document: str) -> None:
    named = {name for code in _code(document) for name in _COMMAND.findall(code)}

    ours = {command.name for command in app.registered_commands}
    groups = {group.name for group in app.registered_groups}
    assert named - ours - groups == set()


@every_document
def test_every_link_leads_somewhere(document: str) -> None:
    links = _LINK.findall((ROOT / document).read_text())
    files = {link for link in links if not link.startswith("http")}

    folder = (ROOT / document).parent
    assert {file for file in files if not (folder / file).exists()} == set()


def _code(document: str) -> Iterator[str]:
    """What stands between backticks, in a line or in a block."""
    for found in _CODE.finditer((ROOT / document).read_text()):
        yield found[1] or found[0]


def _is_module(name: str) -> bool:
    """Ours, or a tool's."""
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()

"""Known vulnerabilities: found ones fail, and what could not be asked for is said."""

from collections.abc import Sequence
from typing import Any

from audit import LOCKS, ROOT, Ask, audit, pinned

PACKAGES = ["good==1.0", "old==2.0", "own==3.0"]
FOUND = {"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}


def answering(**vulnerable: list[dict[str, Any]]) -> Ask:
    """A database that knows all packages but `own`, which is no public one."""

    def ask(packages: Sequence[str]) -> Sequence[Any]:
        found = [dict(zip(("name", "version"), p.split("=="), strict=True)) for p in packages]
        return [
            {"name": each["name"], "skip_reason": "not found"}
            if each["name"] == "own"
            else {**each, "vulns": vulnerable.get(each["name"], [])}
            for each in found
        ]

    return ask


def test_a_known_vulnerability_fails_with_what_mends_it() -> None:
    said: list[str] = []

    code = audit(PACKAGES[:2], ask=answering(old=[FOUND]), say=said.append)

    assert code == 1
    assert said == [
        "old 2.0: PYSEC-2026-1, mended in 2.1",
        "2 packages: 1 with a known vulnerability.",
    ]


def test_where_none_is_known_all_is_well() -> None:
    said: list[str] = []

    assert audit(PACKAGES[:2], ask=answering(), say=said.append) == 0
    assert said == ["2 packages: 0 with a known vulnerability."]


def test_packages_that_cannot_be_looked_up_are_not_called_harmless() -> None:
    said: list[str] = []

    assert audit(PACKAGES, ask=answering(), say=said.append) == 0
    assert said[0] == "NOT AUDITED: 1 of 3 packages could not be looked up from here."


def test_without_the_data_nobody_is_asked_twice_and_it_is_said() -> None:
    asked: list[Sequence[str]] = []
    said: list[str] = []

    def away(packages: Sequence[str]) -> None:
        asked.append(packages)

    assert audit(PACKAGES, ask=away, say=said.append) == 0
    assert asked == [["good==1.0"]]
    assert said[0] == "NOT AUDITED: 3 of 3 packages could not be looked up from here."


def test_a_mirror_without_the_data_is_none_either() -> None:
    said: list[str] = []

    def mirror(packages: Sequence[str]) -> Sequence[Any]:
        return [{"name": name, "skip_reason": "not found"} for name in packages]

    assert audit(PACKAGES, ask=mirror, say=said.append) == 0
    assert said[0].startswith("NOT AUDITED: 3 of 3")


def test_all_that_is_locked_is_asked_about() -> None:
    wanted = pinned([(ROOT / name).read_text() for name in LOCKS])
    installed = pinned([(ROOT / "requirements.lock").read_text()])

    assert set(installed) <= set(wanted)
    assert len(wanted) > len(installed) > 100

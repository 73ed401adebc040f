"""A benchmark says what it lacks before it begins, and nothing that its options leave out."""

import os
import subprocess
import sys

import pytest

from benchmarks import start
from benchmarks.needs import CELERY, DBOS, POSTGRESQL, REDIS, Need, missing

THERE = Need("A", lambda: True, "get A")
AWAY = Need("B", lambda: False, "get B")


def test_what_is_missing_is_said_with_its_remedy_before_anything_is_started() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks", "one_occasion"],
        env=os.environ | {"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert "redis-server: sudo apt-get install redis-server" in ended.stderr
    assert ended.stdout == ""


def test_to_look_for_what_is_needed_imports_none_of_it() -> None:
    looked = "import sys; from benchmarks.start import *; [*missing(needs_of_one_occasion([]))]"
    program = f"{looked}; print(*sorted(sys.modules))"

    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert not {"celery", "dbos", "prefect", "redis", "sqlalchemy", "utskick"} & set(loaded)


def test_only_what_is_missing_is_said() -> None:
    assert missing([THERE, AWAY]) == [AWAY]


@pytest.mark.parametrize(
    ("options", "needs"),
    [
        ([], {POSTGRESQL, CELERY, REDIS, DBOS}),
        (["--only", "bare_loop", "ours"], {POSTGRESQL}),
        (["--only", "dbos"], {POSTGRESQL, DBOS}),
        (["--only", "celery", "ours"], {POSTGRESQL, CELERY, REDIS}),
    ],
)
def test_contenders_that_are_left_out_need_nothing(options: list[str], needs: set[Need]) -> None:
    assert set(start.needs_of_one_occasion(options)) == needs


@pytest.mark.parametrize(
    ("name", "options", "needed"),
    [
        ("pages", [], True),
        ("pages", ["--sqlite"], False),
        ("monday", [], True),
        ("monday", ["--cases", "100:sqlite:ours"], False),
        ("monday", ["--cases", "100:sqlite:ours", "30:postgresql:process"], True),
        ("intake", ["--repeats", "0"], False),
        ("intake", [], True),
        ("growth", [], True),
        ("runs", [], False),
    ],
)
def test_postgresql_is_needed_unless_the_options_leave_it_out(
    name: str, options: list[str], *, needed: bool
) -> None:
    assert (POSTGRESQL in set(start.BENCHMARKS[name].needs(options))) is needed


def test_without_a_name_all_are_listed() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks"], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert all(name in ended.stderr for name in start.BENCHMARKS)

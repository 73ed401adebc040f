"""Nödbroms from the terminal."""

import re

from tests.command.conftest import UNIT, Installation


def pull(installation: Installation, *what: str) -> str:
    result = installation.run("brake", "pull", *what, "--cause", "Fel fråga", "--yes")
    assert result.exit_code == 0, result.output
    (brake_id,) = re.findall("utskick brake release ([0-9a-f-]{36})", result.stdout)
    return str(brake_id)


def test_a_brake_is_pulled_shown_and_released(installation: Installation) -> None:
    installation.started()

    brake_id = pull(installation, "--unit", UNIT)
    shown = installation.run("brake", "list").stdout
    refused = installation.run("submit", installation.spec(), "--again")
    released = installation.run("brake", "release", brake_id, typed="y\n")
    after = installation.run("brake", "list").stdout

    assert "Fel fråga" in shown
    assert refused.exit_code == 1
    assert "Nödbromsen är dragen sedan" in refused.stderr
    assert "1 pågående utskick går vidare" in " ".join(released.stdout.split())
    assert after == "Ingen nödbroms är dragen.\n"


def test_it_is_asked_first(installation: Installation) -> None:
    result = installation.run("brake", "pull", "--all", "--cause", "Fel", typed="n\n")

    assert result.exit_code == 1
    assert installation.run("brake", "list").stdout == "Ingen nödbroms är dragen.\n"


def test_it_is_on_one_thing_that_is_there(installation: Installation) -> None:
    both = installation.run("brake", "pull", "--all", "--form", "gad-7", "--cause", "Fel")
    neither = installation.run("brake", "pull", "--cause", "Fel")
    unknown = installation.run("brake", "pull", "--form", "finns-inte", "--cause", "Fel")

    assert [both.exit_code, neither.exit_code, unknown.exit_code] == [2, 2, 1]
    pull(installation, "--form", "gad-7")

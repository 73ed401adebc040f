"""The demo region's persons, and the examples that are sent to them."""

from datetime import date, time

import pytest

from tests.config.region import PACKAGES, read, read_persons
from utskick.files import REGION

DISPATCH_SPECS = ["psykiatri", "psykiatri-med-hinder", "blockerat"]
PERSONS = {person["personnummer"]: person for person in read_persons()}


def luhn_sum(digits: str) -> int:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return sum(number // 10 + number % 10 for number in doubled)


def hindrance(person: dict[str, str]) -> str:
    """Why the person cannot be sent to, or would not notice; empty for most."""
    if person["in_register"] == "no":
        return "unknown"
    if person["account"] == "no":
        return "no account"
    unnoticed = "" if person["notified_by"] else "not notified"
    return person["protected"] or person["deregistered"] or unnoticed


def recipients_of(spec: str) -> list[dict[str, str]]:
    typed = read(f"examples/{spec}.yaml")["recipients"]
    return [PERSONS[number.replace("-", "")] for number in typed]


# Persons


def test_there_are_three_hundred_persons_with_names_of_their_own() -> None:
    names = {(person["given_name"], person["surname"]) for person in PERSONS.values()}

    assert len(read_persons()) == len(PERSONS) == len(names) == 300


def test_every_personnummer_is_one_of_the_official_test_numbers() -> None:
    for number in PERSONS:
        born = date.fromisoformat(f"{number[:4]}-{number[4:6]}-{number[6:8]}")
        if 1990 <= born.year <= 2014:
            assert number[8:11] in {"238", "239"}
        else:
            assert 1890 <= born.year <= 1919
            assert number[8:11] in {"980", "981"}
        assert luhn_sum(number[2:]) % 10 == 0


def test_four_of_five_persons_are_adults_without_hindrance() -> None:
    ordinary = [
        number
        for number, person in PERSONS.items()
        if "1990" <= number < "2006" and not hindrance(person)
    ]

    assert 240 <= len(ordinary) <= 250


@pytest.mark.parametrize(
    ("reasons", "at_least"),
    [
        ({"indicator"}, 2),
        ({"population"}, 2),
        ({"indicator", "population"}, 6),
        ({"dead"}, 6),
        ({"emigrated"}, 2),
        ({"unknown"}, 6),
        ({"no account"}, 8),
        ({"not notified"}, 10),
    ],
)
def test_every_hindrance_has_its_persons(reasons: set[str], at_least: int) -> None:
    hindered = [person for person in PERSONS.values() if hindrance(person) in reasons]

    assert len(hindered) >= at_least


def test_nobody_without_an_account_is_notified() -> None:
    for person in PERSONS.values():
        assert person["account"] == "yes" or not person["notified_by"]
        assert person["notified_by"] in {"", "SMS", "Email", "SMS Email"}


def test_children_have_accounts_and_one_or_two_adult_guardians() -> None:
    children = {number: person for number, person in PERSONS.items() if number >= "2014"}

    assert 12 <= len(children) <= 20
    for person in children.values():
        guardians = person["guardians"].split()
        assert person["account"] == "yes"
        assert 1 <= len(guardians) <= 2
        assert all(number < "2006" and not hindrance(PERSONS[number]) for number in guardians)


# Examples


@pytest.mark.parametrize("spec", DISPATCH_SPECS)
def test_examples_are_for_a_package_of_the_unit(spec: str) -> None:
    example = read(f"examples/{spec}.yaml")

    assert example["unit"] in PACKAGES[example["package"]]["units"]
    assert date.fromisoformat(example["start"]["date"])
    assert time(7) <= time.fromisoformat(example["start"]["time"]) <= time(21)


def test_the_psychiatric_example_reaches_all_its_recipients() -> None:
    recipients = recipients_of("psykiatri")
    typed = read("examples/psykiatri.yaml")["recipients"]

    assert 20 <= len(recipients) <= 30
    assert not any(hindrance(person) for person in recipients)
    assert {"-" in number for number in typed} == {True, False}


def test_the_example_with_hindrances_adds_every_kind_to_the_psychiatric_one() -> None:
    ordinary = recipients_of("psykiatri")
    recipients = recipients_of("psykiatri-med-hinder")

    assert recipients[: len(ordinary)] == ordinary
    assert {hindrance(person) for person in recipients[len(ordinary) :]} >= {
        "dead",
        "emigrated",
        "unknown",
        "no account",
        "not notified",
    }
    assert any(person["protected"] for person in recipients)


def test_the_recipient_file_holds_one_reachable_person_a_line() -> None:
    lines = (REGION / "examples/mottagare.txt").read_text(encoding="utf-8").splitlines()

    assert len(set(lines)) == len(lines) >= 20
    assert not any(hindrance(PERSONS[line]) for line in lines)

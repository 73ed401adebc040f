"""The bill of materials: valid, whole, the same each time, and with licences that we may use."""

import json
from email.message import Message
from typing import Any

import pytest
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from sbom import LOCK, bill_of_materials, licence_of, locked

ALLOWED = {
    "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "LGPL-2.1-or-later",
    "LGPL-3.0-only", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense", "Artistic-1.0-Perl",
}  # fmt: skip
"""The LGPL's and the MPL's are libraries that we use as they are."""


def written() -> str:
    return JsonV1Dot6(bill_of_materials(LOCK.read_text(), version="1.2.3")).output_as_string()


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written())
    return found


def test_it_is_valid_by_the_standard(bill: dict[str, Any]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None


def test_the_same_lock_gives_the_same_bill(bill: dict[str, Any]) -> None:
    assert json.loads(written()) == bill


def test_it_holds_what_is_locked_with_its_hashes(bill: dict[str, Any]) -> None:
    fastapi = next(each for each in bill["components"] if each["name"] == "fastapi")

    assert len(bill["components"]) == len(list(locked(LOCK.read_text()))) > 100
    assert fastapi["purl"] == f"pkg:pypi/fastapi@{fastapi['version']}"
    (distribution,) = fastapi["externalReferences"]
    assert {each["alg"] for each in distribution["hashes"]} == {"SHA-256"}
    assert all(each["content"] in LOCK.read_text() for each in distribution["hashes"])


def test_it_says_who_needs_whom(bill: dict[str, Any]) -> None:
    needs = {
        each["ref"].split("@")[0]: {ref.split("@")[0] for ref in each.get("dependsOn", [])}
        for each in bill["dependencies"]
    }

    assert {"prefect", "sqlalchemy", "fastapi"} <= needs["utskick"]
    assert "starlette" in needs["fastapi"]
    assert "starlette" not in needs["utskick"]


def test_every_package_has_a_licence_that_we_may_use(bill: dict[str, Any]) -> None:
    refused = {
        each["name"]: words
        for each in bill["components"]
        if not _is_allowed(words := _licence_in(each))
    }

    assert refused == {}


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License-Expression": "MIT OR Apache-2.0"}, "MIT OR Apache-2.0"),
        ({"License": "mit"}, "MIT"),
        ({"License": "Se filen", "Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"License": "Copyright (c) 2020 någon"}, ""),
        ({}, ""),
    ],
)
def test_a_licence_is_what_the_package_says(fields: dict[str, str], licence: str) -> None:
    package = Message()
    for name, value in fields.items():
        package[name] = value

    assert licence_of(package) == licence


def test_what_is_locked_for_another_system_is_left_out() -> None:
    lock = (
        "here==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n    # via utskick (pyproject.toml)\n"
        "there==2.0 ; sys_platform == 'plan9' \\\n    --hash=sha256:" + "1" * 64 + "\n"
        "    # via\n    #   here\n    #   other-one\n"
        "extra[socks]==3.0 \\\n    --hash=sha256:" + "2" * 64 + "\n    # via\n    #   here\n"
        "    #   other-one\n"
    )

    here, extra = locked(lock)

    assert (here.name, here.version, *here.needed_by) == ("here", "1.0", "utskick")
    assert (extra.name, *sorted(extra.needed_by)) == ("extra", "here", "other-one")


def _licence_in(component: dict[str, Any]) -> str:
    (licence,) = component.get("licenses") or [{}]
    words = licence.get("expression") or licence.get("license", {})
    return words if isinstance(words, str) else words.get("id") or words.get("name", "")


def _is_allowed(expression: str) -> bool:
    """All of an AND, one of an OR; the packages here have no deeper ones than a bracket."""
    words = expression.replace("(", "").replace(")", "")
    return all(
        any(choice in ALLOWED for choice in part.split(" OR ")) for part in words.split(" AND ")
    )

"""Every neighbour is read once, nothing is changed, and what is wrong is said."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.certificates import a_certificate
from tests.command.conftest import Installation
from tests.people import ANNA


@pytest.fixture
def installation(
    installation: Installation, local_1177: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """With the local sign-in; nobody is at the relay's and Prefect's ports."""
    monkeypatch.setenv("UTSKICK_SIGN_IN__ISSUER", f"{local_1177}/oidc")
    yield installation
    httpx.delete(f"{local_1177}/control/faults")


def found(installation: Installation, *arguments: str) -> dict[str, dict[str, Any]]:
    """By what was asked."""
    result = installation.run("check-connections", "--json", *arguments)
    findings: list[dict[str, Any]] = json.loads(result.stdout)
    assert result.exit_code == (0 if all(each["good"] for each in findings) else 3)
    return {each["asked"].partition(" of ")[0]: each for each in findings}


def test_each_neighbour_is_read_and_each_fault_says_where_it_lies(
    installation: Installation,
) -> None:
    findings = found(installation)

    assert {asked for asked, each in findings.items() if each["good"]} == {
        "GetFormTemplates",
        "GetForm",
        "whether it is there",
        "GetPersonsForProfile",
        "its description and keys",
        "its tables' version",
    }
    for asked in ("TLS, login and NOOP", "what waits"):
        assert findings[asked]["trouble"] == "address"
        assert "(refused)" in findings[asked]["words"]
    assert "can be sent" in findings["GetFormTemplates"]["words"]


def test_with_a_test_person_the_inbox_is_asked_and_nobody_is_named(
    installation: Installation,
) -> None:
    result = installation.run("check-connections", "--person", ANNA.formatted)

    assert "IsActiveUser of the person" in result.output
    assert "GetForms of the person" in result.output
    assert ANNA.formatted not in result.output
    assert "2 of 9 are not as they should be" in result.output
    assert "Not tried, as they change something: CreateFormRequest" in result.output


def test_a_number_that_is_none_is_refused_and_not_repeated(installation: Installation) -> None:
    result = installation.run("check-connections", "--person", "19121212-1213")

    assert result.exit_code == 1
    assert "1213" not in result.output


def test_what_the_platform_refuses_is_an_agreement(
    installation: Installation, local_1177: str
) -> None:
    order = {"service": "forms", "kind": "platform_before", "code": "VP007"}
    assert httpx.post(f"{local_1177}/control/faults", json=order).status_code == 204

    refused = found(installation)["GetFormTemplates"]

    assert (refused["good"], refused["trouble"]) == (False, "agreement")
    assert refused["words"].startswith("VP007: we have no agreement")


def test_a_logical_address_that_nobody_has_is_an_address(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTSKICK_PERSONS__LOGICAL_ADDRESS", "SE0000000000-NOBODY")

    refused = found(installation)["GetPersonsForProfile"]

    assert (refused["trouble"], refused["words"][:5]) == ("address", "VP004")
    assert refused["address"].endswith("for SE0000000000-NOBODY")


def test_a_unit_that_the_form_service_does_not_know_is_said_so(
    installation: Installation,
) -> None:
    findings = found(installation, "--unit", "SE2321000131-E000000000999")

    assert findings["GetFormTemplates"]["words"] == "it lists no form templates for the unit"


def test_one_neighbours_files_of_no_use_keep_no_other_from_being_asked(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTSKICK_INBOX__CA_FILE", "/nowhere/ca.pem")

    findings = found(installation)

    assert findings["whether it is there"]["trouble"] == "setting"
    assert findings["UTSKICK_INBOX"]["trouble"] == "certificate"
    assert findings["GetFormTemplates"]["good"]


def test_whose_our_certificate_is_and_how_long_it_lasts_is_said(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = a_certificate(installation.folder / "ours.pem", hsa_id="SE2321000131-OTHER")
    monkeypatch.setenv("UTSKICK_PLATFORM__CLIENT_CERTIFICATE", str(ours))

    certificate = found(installation)["UTSKICK_PLATFORM__CLIENT_CERTIFICATE"]

    assert certificate["good"]
    assert (
        "is of SE2321000131-OTHER, while UTSKICK_SOURCE_SYSTEM_HSA_ID says"
        in (certificate["words"])
    )
    assert certificate["words"].endswith("order a new one")


def test_a_database_that_is_not_there_is_not_made(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTSKICK_DATABASE__URL", f"sqlite:///{installation.folder}/new.db")

    findings = found(installation)

    database = findings["its tables' version"]
    assert database["words"] == "there is no such file: `utskick migrate` makes it"
    assert (database["trouble"], database["remedy"]) == ("setting", "")
    assert not (installation.folder / "new.db").exists()


def test_a_database_that_is_away_is_said_so(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "UTSKICK_DATABASE__URL", "postgresql+psycopg://us:secret@127.0.0.1:9/utskick"
    )

    database = found(installation)["its tables' version"]

    assert database["trouble"] == "address"
    assert "127.0.0.1" in database["words"]
    assert "secret" not in database["words"]


def test_nothing_is_called_that_changes_anything(
    installation: Installation, local_1177: str
) -> None:
    httpx.delete(f"{local_1177}/control/calls")

    installation.run("check-connections", "--person", ANNA.formatted)

    counted = httpx.get(f"{local_1177}/control/calls").json()
    assert {name: set(each["calls"]) for name, each in counted.items()} == {
        "forms": {"GetFormTemplates", "GetForm", "GetForms"},
        "inbox": {"IsActiveUser"},
        "persons": {"GetPersonsForProfile"},
    }

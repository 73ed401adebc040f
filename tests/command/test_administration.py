"""What the regional administration and operators do from the terminal."""

import getpass
import importlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from tests.command.conftest import UNIT, Installation
from tests.log_lines import Lines, log_lines
from utskick.domain.errors import UnknownToken
from utskick.domain.forms import FormTemplateId
from utskick.domain.units import SYSTEM, Actor, HsaId
from utskick.files import REGION
from utskick.store.key_file import changing

__all__ = ["log_lines"]

EXAMPLES = sorted((REGION / "examples").glob("*.yaml"))
LOADED = "5 enheter, 18 formulärmallar, 10 prenumerationer, 10 grundplåtar i filerna: 0 nya, "
GAD = FormTemplateId(UUID("3ee1dda5-e65b-4d32-8331-2c907ee36cf5"))


def validate(instance: Any, schema: Any) -> None:
    """By the JSON Schema library, which has no types."""
    importlib.import_module("jsonschema").validate(instance, schema)


def as_json(path: Path) -> Any:
    """The file with dates as text, as JSON has them."""
    return json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))


def archive(installation: Installation, template_id: FormTemplateId) -> None:
    """As on the page."""
    wired = installation.services
    actor = Actor("SE2321000131-P000000000077", HsaId("SE2321000131-E000000000999"))
    wired.administer_forms.archive_form(
        template_id, archived=True, actor=actor, now=wired.clock.now()
    )


# Packages


def test_loading_the_same_region_again_changes_nothing(installation: Installation) -> None:
    assert installation.run("load-packages").stdout == f"{LOADED}0 skillnader\n"


def test_templates_are_fetched_from_1177(installation: Installation) -> None:
    result = installation.run("fetch-templates")

    assert result.exit_code == 0, result.output
    assert "0 skillnader" in result.stdout


def test_a_fault_anywhere_loads_nothing(installation: Installation, tmp_path: Path) -> None:
    region = shutil.copytree(REGION, tmp_path / "region")
    package = region / "packages" / "barn-infor-besok.yaml"
    package.write_text(package.read_text().replace("version: 1", "version: ett"))
    units = region / "units.yaml"
    units.write_text(units.read_text().replace("name: ", "name: Nya ", 1))

    result = installation.run("load-packages", str(region))

    assert result.exit_code == 1
    assert f"{package}, rad 3, version: värdet ska vara ett heltal." in result.stderr
    with installation.services.store.transaction() as records:
        assert not records.units.get(HsaId(UNIT)).name.startswith("Nya")


def test_what_was_changed_on_the_pages_is_shown_and_stays(installation: Installation) -> None:
    archive(installation, GAD)

    result = installation.run("load-packages")

    assert f"{LOADED}1 skillnad som inte är införd\n" in result.stdout
    assert "Arkiverad här, inte i filerna" in result.stdout
    assert "Inför med --apply" in result.stdout
    assert installation.services.administer_forms.open_form_template(GAD).form.archived


def test_the_files_have_their_way_when_that_is_asked_for(
    installation: Installation, tmp_path: Path
) -> None:
    region = shutil.copytree(REGION, tmp_path / "region")
    package = region / "packages" / "barn-infor-besok.yaml"
    package.write_text(package.read_text().replace("resident_title: ", "resident_title: Ny "))
    archive(installation, GAD)

    result = installation.run("load-packages", str(region), "--apply")

    assert f"{LOADED}2 skillnader som nu är införda\n" in result.stdout
    wired = installation.services
    administration = HsaId(wired.settings.source_system_hsa_id)
    newest = wired.list_changes(actor=Actor("någon", administration))
    changes = [change for change in newest if change.actor != SYSTEM]
    assert {change.act for change in changes} == {
        "tagit tillbaka formulärmall gad-7",
        "sparat grundplåt barn-infor-besok, version 2",
    }
    assert {change.actor for change in changes} == {f"kommandot, {getpass.getuser()}"}
    assert installation.run("load-packages", str(region)).stdout == f"{LOADED}0 skillnader\n"


def test_a_unit_sees_its_packages_and_what_it_may_send(installation: Installation) -> None:
    packages = installation.run("packages").stdout
    forms = installation.run("forms").stdout

    assert "vuxenpsykiatri-infor-besok" in packages
    assert "8 varje vecka" in packages
    assert "barn-infor-besok" not in packages
    assert "Nej, arkiverad" in forms
    assert "Nej, saknar prenumeration" in forms


# Tokens


def test_a_token_is_shown_once_and_can_be_revoked(installation: Installation) -> None:
    token = installation.run("add-token", "journalsystemet").stdout.strip()
    with installation.services.store.transaction() as records:
        assert records.tokens.find(token).unit_id == UNIT

    revoked = installation.run("revoke-token", "journalsystemet")

    assert (revoked.exit_code, revoked.stdout) == (0, "Revoked\n")
    with installation.services.store.transaction() as records, pytest.raises(UnknownToken):
        records.tokens.find(token)


def test_a_token_for_an_unknown_unit_is_refused(installation: Installation) -> None:
    result = installation.run("add-token", "x", "--unit", "SE2321000131-E999999999999")

    assert (result.exit_code, result.stdout) == (1, "")


def test_a_misspelt_token_is_not_said_to_be_revoked(installation: Installation) -> None:
    installation.run("add-token", "journalsystemet")

    result = installation.run("revoke-token", "journalsystemt")

    assert (result.exit_code, result.stdout) == (1, "")


# Schema


@pytest.mark.parametrize("kind", ["package", "form"])
def test_the_exported_schema_is_a_json_schema(installation: Installation, kind: str) -> None:
    schema = json.loads(installation.run("export-schema", kind).stdout)

    importlib.import_module("jsonschema").Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert {"unit", "recipients", "recipients_file"} <= set(schema["properties"])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_satisfy_the_schema(installation: Installation, example: Path) -> None:
    schema = json.loads(installation.run("export-schema").stdout)

    validate(as_json(example), schema)


def test_an_unknown_kind_of_schema_is_wrong_usage(installation: Installation) -> None:
    assert installation.run("export-schema", "paket").exit_code == 2


# What the clock does otherwise


def test_the_whole_access_log_is_checked(installation: Installation) -> None:
    installation.started()

    first = installation.run("check-log")
    second = installation.run("check-log", "--unit", UNIT)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout.startswith(f"{UNIT}\n  Loggen är hel")
    assert "Loggens slut är inte noterat utanför databasen än" in first.stdout
    assert "Loggen är jämförd med vad som har noterats utanför databasen" in second.stdout


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("DELETE FROM access_log WHERE number = 4", "Post 4 har tagits bort: den fanns 20"),
        ("DELETE FROM access_log", "Posterna 1–4 har tagits bort: de fanns 20"),
        ("UPDATE access_log SET act = 'annat' WHERE number = 1", "Post 1 har ändrats"),
    ],
)
def test_what_was_done_to_the_access_log_is_said(
    installation: Installation, deed: str, words: str
) -> None:
    installation.started()
    installation.run("check-log")
    with closing(sqlite3.connect(installation.folder / "utskick.db")) as connection, connection:
        connection.execute(deed)

    result = installation.run("check-log")

    assert result.exit_code == 1
    assert words in result.stdout


def test_a_check_takes_heads_that_were_kept_elsewhere(installation: Installation) -> None:
    installation.started()
    installation.run("check-log")
    [kept] = (installation.folder / "log-heads").iterdir()
    mailed = installation.write(f"Loggarnas huvuden\n\n{kept.read_text()}", "mejl.txt")
    kept.unlink()
    with closing(sqlite3.connect(installation.folder / "utskick.db")) as connection, connection:
        connection.execute("DELETE FROM access_log WHERE number = 2")

    result = installation.run("check-log", "--heads", mailed)

    assert (result.exit_code, "Post 2 har tagits bort" in result.stdout) == (1, True)


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("clean-up", "0 dispatches deleted\n"),
        ("purge", "0 forms, 0 log entries, 0 error mails, 0 drafts, 0 persons, 0 staff deleted\n"),
        ("watch-templates", "0 forms block ongoing dispatches, 0 mails\n"),
        ("compare-ledger", "0 persons, 0 missing, 0 extra, 0 of them made twice\n"),
        ("mark-restored", "0 deliveries will be settled before they are sent\n"),
    ],
)
def test_with_nothing_to_do_nothing_is_done(
    installation: Installation, command: str, printed: str
) -> None:
    result = installation.run(command)

    assert (result.exit_code, result.stdout) == (0, printed)


def test_reconciling_without_the_scheduler_says_so(installation: Installation) -> None:
    installation.started()

    result = installation.run("reconcile")

    assert result.exit_code == 0
    assert "scheduler_away=True" in result.stdout


# Keys


def test_keys_are_changed_and_everybody_is_still_known(
    installation: Installation, log_lines: Lines
) -> None:
    dispatch = installation.started()
    key_file = installation.folder / "keys.json"

    changed = installation.run("rotate-keys")
    again = installation.run("submit", installation.spec(), "--json")

    assert changed.exit_code == 0, changed.output
    assert "Key 2 seals now" in changed.stdout
    assert "any more: 1" in changed.stdout
    assert "Copy the new keys to where their copy is kept" in " ".join(changed.stdout.split())
    assert set(json.loads(key_file.read_text())["keys"]) == {"2"}
    assert json.loads(again.stdout)["id"] == dispatch
    assert installation.run("check-log", "--unit", UNIT).exit_code == 0
    [line] = [each for each in log_lines.all if each["event"] == "keys_changed"]
    assert (line["key"], line["dropped"]) == ("2", "1")


def test_keys_of_a_new_installation_are_made_once(installation: Installation) -> None:
    key_file = installation.folder / "keys.json"
    key_file.unlink()

    made = installation.run("make-keys")
    kept = key_file.read_text()
    again = installation.run("make-keys")

    assert "is made: keep a copy of it apart" in " ".join(made.stdout.split())
    assert "was there already" in " ".join(again.stdout.split())
    assert key_file.read_text() == kept


def test_only_one_changes_keys_at_a_time(installation: Installation) -> None:
    installation.run("list")

    with changing(installation.folder / "keys.json"):
        refused = installation.run("rotate-keys")

    assert refused.exit_code == 1
    assert "Somebody else is changing the keys" in refused.stderr

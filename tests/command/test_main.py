"""The command as a whole: what it says of itself, and when we ourselves are unwell."""

import json
import sys

import pytest

from tests.command.conftest import Installation
from tests.people import ANNA
from utskick.command import app, main
from utskick.store.key_file import make_key_file, new_key
from utskick.wiring import services

_AS_LONG_AS_A_KEY = 40


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["utskick", *arguments])
    services.cache_clear()
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


def test_help_names_every_command_with_one_sentence(installation: Installation) -> None:
    result = installation.run("--help")

    assert result.exit_code == 0
    assert "Skicka formulär genom 1177: i tid, och exakt en gång." in result.stdout
    for command in app.registered_commands:
        assert command.name
        line = next(each for each in result.stdout.splitlines() if f" {command.name} " in each)
        assert line.strip("│ ").removeprefix(command.name).strip()


@pytest.mark.parametrize("command", [c.name for c in app.registered_commands])
def test_every_command_explains_itself(installation: Installation, command: str) -> None:
    assert installation.run(command, "--help").exit_code == 0


@pytest.mark.parametrize("arguments", [("skicka",), ("list", "--enhet", "x"), ("show",)])
def test_wrong_usage_has_an_exit_code_of_its_own(
    installation: Installation, arguments: tuple[str, ...]
) -> None:
    assert installation.run(*arguments).exit_code == 2


def test_without_keys_there_is_no_installation(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("UTSKICK_DATABASE__KEY_FILE", "/nowhere/keys.json")

    assert run_main(monkeypatch, "list") == 1
    assert "Här finns ingen installation." in capsys.readouterr().err


@pytest.mark.parametrize("index_key", ["", "AAAAAAAAAAAAAAAAAAAAAA==", "=", "A" * 43 + "="])
def test_a_weak_key_is_named_without_its_value(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    index_key: str,
) -> None:
    monkeypatch.setenv("UTSKICK_DATABASE__KEYS", json.dumps({"1": new_key()}))
    monkeypatch.setenv("UTSKICK_DATABASE__CURRENT_KEY", "1")
    monkeypatch.setenv("UTSKICK_DATABASE__INDEX_KEY", index_key)

    assert run_main(monkeypatch, "list") == 1
    printed = " ".join(capsys.readouterr().err.split())
    assert "Utskick startar inte förrän detta är ordnat" in printed
    assert "UTSKICK_DATABASE__KEYS: index key of 1" in printed
    assert "openssl rand -base64 32" in printed
    assert f" {index_key} " not in printed


def test_keys_of_another_installation_are_named(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert installation.run("list").exit_code == 0
    (installation.folder / "keys.json").unlink()
    make_key_file(installation.folder / "keys.json")

    assert run_main(monkeypatch, "list") == 1
    printed = " ".join(capsys.readouterr().err.split())
    assert "• key 1 is another than this database was sealed with" in printed
    assert "• index key of 1 is another than this database was sealed with" in printed


def test_production_names_all_that_keeps_it_from_starting(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("UTSKICK_PRODUCTION", "true")
    monkeypatch.setenv("UTSKICK_DATABASE__KEY_FILE", "/nowhere/keys.json")

    refused = run_main(monkeypatch, "list")
    printed = " ".join(capsys.readouterr().err.split())
    checked = run_main(monkeypatch, "check-settings")

    assert (refused, checked) == (1, 1)
    assert printed == " ".join(capsys.readouterr().err.split())
    assert "UTSKICK_DATABASE__URL is SQLite" in printed
    assert "UTSKICK_FORMS__URL leads to this machine" in printed
    assert "/nowhere/keys.json is missing" in printed


def test_settings_can_be_checked_before_they_are_those_of_production(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_main(monkeypatch, "check-settings") == 1

    printed = " ".join(capsys.readouterr().err.split())
    assert "UTSKICK_PRODUCTION is off" in printed
    assert "UTSKICK_DATABASE__URL is SQLite" in printed


@pytest.mark.parametrize("command", ["list", "rotate-keys"])
def test_a_program_that_is_newer_than_its_tables_waits_for_migrate(
    command: str,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("UTSKICK_DATABASE__URL", f"sqlite:///{installation.folder}/new.db")

    refused = run_main(monkeypatch, command)
    printed = " ".join(capsys.readouterr().err.split())
    migrated = installation.run("migrate")

    assert refused == 1
    assert "has tables of version none" in printed
    assert "run `utskick migrate`" in printed
    assert migrated.stdout == "The tables are up to date\n"
    assert installation.run("load-packages").exit_code == 0


def test_without_the_database_only_the_kind_of_fault_is_shown(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("UTSKICK_DATABASE__URL", f"sqlite:////nowhere/{ANNA.digits}.db")

    assert run_main(monkeypatch, "list") == 3
    printed = capsys.readouterr()
    assert "Något gick fel hos oss (OperationalError)." in printed.err
    assert "Traceback" not in printed.err
    assert ANNA.digits not in printed.out + printed.err


def test_a_misspelt_setting_is_named_without_its_value(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("UTSKICK_DATABASE__KEYZ", "a-secret")

    assert run_main(monkeypatch, "list") == 1
    printed = capsys.readouterr().err
    assert "UTSKICK_DATABASE__KEYZ" in printed
    assert "a-secret" not in printed


def test_what_prefect_gets_can_be_written_into_an_environment_file(
    installation: Installation,
) -> None:
    lines = installation.run("prefect-settings").stdout.splitlines()

    settings = dict(line.split("=", 1) for line in lines)
    assert settings["PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS"] == "1"
    assert settings["PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED"] == "events,flow_runs"
    assert settings["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:9"
    assert settings["PREFECT_SERVER_API_AUTH_STRING"] == settings["PREFECT_API_AUTH_STRING"]
    assert len(settings["PREFECT_API_AUTH_STRING"]) > _AS_LONG_AS_A_KEY

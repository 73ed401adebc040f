"""Prefect's logins: made once, for their owner alone, and nothing starts without."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from config.settings import SchedulerSettings
from utskick.adapters.prefect_logins import (
    LoginRole,
    NoPrefectLogin,
    PrefectLogins,
    login_of_processes,
    logins_of,
    make_login_file,
    new_logins,
)

_SECRET = "x" * 32


def test_logins_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "var" / "prefect-login.json"

    make_login_file(file)
    made = logins_of(SchedulerSettings(login_file=file))
    make_login_file(file)

    assert logins_of(SchedulerSettings(login_file=file)) == made
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_settings_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "prefect-login.json"
    make_login_file(file)
    settings = SchedulerSettings(login_file=file, operators_login=SecretStr(f"drift:{_SECRET}"))

    logins = logins_of(settings)

    assert logins.operators_name == "drift"
    assert logins.processes == login_of_processes(settings)


def test_a_process_that_is_not_prefects_server_needs_its_own_login_alone(tmp_path: Path) -> None:
    settings = SchedulerSettings(
        login_file=tmp_path / "none.json", auth_string=SecretStr(f"utskick:{_SECRET}")
    )

    assert login_of_processes(settings) == f"utskick:{_SECRET}"
    with pytest.raises(NoPrefectLogin):
        logins_of(settings)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"processes": "a", "operators": "b"}'])
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "prefect-login.json"
    file.write_text(content)

    with pytest.raises(NoPrefectLogin):
        logins_of(SchedulerSettings(login_file=file))


@pytest.mark.parametrize(
    "login", ["", "utskick", f":{_SECRET}", "utskick:secret", f"a b:{_SECRET}"]
)
def test_a_login_that_could_be_guessed_is_none(login: str) -> None:
    with pytest.raises(NoPrefectLogin):
        PrefectLogins(login, f"operator:{_SECRET}", f"proxy:{_SECRET}")


def test_one_login_for_two_roles_is_none() -> None:
    with pytest.raises(NoPrefectLogin):
        PrefectLogins(*[f"utskick:{_SECRET}"] * 3)


def test_each_login_has_its_role_and_shows_itself_nowhere() -> None:
    logins = new_logins()

    assert logins.role_of(logins.processes) is LoginRole.PROCESS
    assert logins.role_of(logins.operators) is LoginRole.OPERATOR
    assert logins.role_of(logins.proxy) is LoginRole.PROXY
    assert logins.role_of("utskick:" + _SECRET) is None
    assert repr(logins) == "PrefectLogins()"

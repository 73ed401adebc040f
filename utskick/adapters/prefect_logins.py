"""Who may reach Prefect: our own processes, operators, and a proxy that says who its visitors are.

Prefect's open edition knows one login only, `name:secret`, by which it asks nobody's name. That
one is our processes'. The others are known to the door in front of its server
(`utskick.worker.door`), which says to Prefect who an operator is.
"""

import hmac
import json
import re
import secrets
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from utskick.domain.starting import RefusedToStart
from utskick.files import open_private

_LOGIN = re.compile(r"[a-z][a-z0-9-]{0,30}:[A-Za-z0-9_-]{32,}")
_SECRET_BYTES = 32


class NoPrefectLogin(RefusedToStart):
    """There is no login, or one that anybody could guess: nothing of Prefect starts without."""


class LoginRole(StrEnum):
    PROCESS = "process"
    OPERATOR = "operator"
    PROXY = "proxy"


class LoginSettings(Protocol):
    """Where logins come from: each from the settings, or all from the file."""

    @property
    def auth_string(self) -> SecretStr | None: ...

    @property
    def operators_login(self) -> SecretStr | None: ...

    @property
    def proxy_login(self) -> SecretStr | None: ...

    @property
    def login_file(self) -> Path: ...


@dataclass(frozen=True, slots=True, repr=False)
class PrefectLogins:
    """Each `name:secret`. An operator's name is what is recorded, unless a proxy names another."""

    processes: str
    operators: str
    proxy: str

    def __post_init__(self) -> None:
        ours = {_a_login(each) for each in (self.processes, self.operators, self.proxy)}
        if len(ours) < len(LoginRole):
            raise NoPrefectLogin("Prefect's three logins are not three: make each its own")

    def __repr__(self) -> str:
        return "PrefectLogins()"

    def role_of(self, login: str) -> LoginRole | None:
        """Whose login it is, if anybody's. Takes as long whichever it is."""
        known = {
            LoginRole.PROCESS: self.processes,
            LoginRole.OPERATOR: self.operators,
            LoginRole.PROXY: self.proxy,
        }
        given = login.encode()
        found = [role for role, own in known.items() if hmac.compare_digest(own.encode(), given)]
        return found[0] if found else None

    @property
    def operators_name(self) -> str:
        return self.operators.partition(":")[0]


def logins_of(settings: LoginSettings) -> PrefectLogins:
    """All three. Raises `NoPrefectLogin` unless there are."""
    given = (settings.auth_string, settings.operators_login, settings.proxy_login)
    if all(given):
        return PrefectLogins(*(each.get_secret_value() for each in given if each))
    kept = _kept(settings.login_file)
    if kept is None:
        raise NoPrefectLogin(
            f"Prefect has no login, neither in the settings nor in {settings.login_file}:"
            " `utskick prefect-settings` makes one"
        )
    chosen = (
        each.get_secret_value() if each else of_file
        for each, of_file in zip(given, kept, strict=True)
    )
    return PrefectLogins(*chosen)


def login_of_processes(settings: LoginSettings) -> str | None:
    """The one that our own processes use; all that those need which are not Prefect's server.

    Raises `NoPrefectLogin` for one that could be guessed.
    """
    if settings.auth_string and (given := settings.auth_string.get_secret_value()):
        return _a_login(given)
    kept = _kept(settings.login_file)
    return _a_login(kept[0]) if kept else None


def make_login_file(path: Path) -> None:
    """Make logins for an installation that has none; an existing file is left as it is."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_private(path) as file:
        json.dump(asdict(new_logins()), file, indent=2)
        file.write("\n")


def new_logins() -> PrefectLogins:
    return PrefectLogins(*(f"{name}:{_new_secret()}" for name in ("utskick", "operator", "proxy")))


def _a_login(text: str) -> str:
    if not _LOGIN.fullmatch(text):
        raise NoPrefectLogin(
            "UTSKICK_SCHEDULER__AUTH_STRING, …__OPERATORS_LOGIN or …__PROXY_LOGIN is not"
            " name:secret with 32 letters or digits in its secret: make a longer one"
        )
    return text


def _kept(path: Path) -> tuple[str, str, str] | None:
    """Raises `NoPrefectLogin` for a file that holds something else."""
    try:
        kept = json.loads(path.read_text())
        return kept["processes"], kept["operators"], kept["proxy"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise NoPrefectLogin(f"{path} does not hold Prefect's three logins") from None


def _new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)

"""Who asks: found by the login that comes with a request, never by what somebody has typed."""

import base64
import binascii
import re
from dataclasses import dataclass

from starlette.datastructures import Headers

from utskick.adapters.prefect_logins import LoginRole, PrefectLogins
from utskick.domain.personnummer_in_text import looks_like_personnummer

OPERATOR_HEADER = "X-Utskick-Operator"
"""Where the proxy says who has signed in with it; believed with the proxy's own login alone."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,99}")


@dataclass(frozen=True, slots=True)
class PrefectCaller:
    """`operator` is the name to be recorded; our own processes have none."""

    role: LoginRole
    operator: str | None = None


def caller_of(headers: Headers, logins: PrefectLogins) -> PrefectCaller | None:
    """`None` for whoever has no login, or comes through the proxy without a name."""
    login = _login_in(headers.getlist("Authorization"))
    if login is None:
        return None
    role = logins.role_of(login)
    if role is LoginRole.PROXY:
        name = _only(headers.getlist(OPERATOR_HEADER))
        return PrefectCaller(role, name) if name and _is_a_name(name) else None
    return caller_with(login, logins)


def caller_with(login: str, logins: PrefectLogins) -> PrefectCaller | None:
    """Who has a login that came without headers: as Prefect's page sends it over a websocket."""
    match logins.role_of(login):
        case LoginRole.PROCESS:
            return PrefectCaller(LoginRole.PROCESS)
        case LoginRole.OPERATOR:
            return PrefectCaller(LoginRole.OPERATOR, logins.operators_name)
    return None


def basic(login: str) -> str:
    """The header's value."""
    return "Basic " + base64.b64encode(login.encode()).decode()


def _login_in(values: list[str]) -> str | None:
    scheme, _, coded = (_only(values) or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(coded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _only(values: list[str]) -> str | None:
    """Two of one header may be read as one by some and as the other by others."""
    return values[0].strip() if len(values) == 1 else None


def _is_a_name(name: str) -> bool:
    """An HSA-id or a mail address; a provider may give a personnummer, which is not recorded."""
    return bool(_NAME.fullmatch(name)) and not looks_like_personnummer(name)

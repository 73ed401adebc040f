"""What the sign-in gives a client: what it asks for, by scope or by name, and nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

LOA2 = "http://id.sambi.se/loa/loa2"
LOA3 = "http://id.sambi.se/loa/loa3"
LEVELS = {LOA3: "Ordinarie SITHS-kort", LOA2: "Reservkort"}
"""What a person may show, and how sure it makes anybody."""

_COMMISSION = (
    "commissionHsaId",
    "commissionName",
    "commissionPurpose",
    "healthCareUnitHsaId",
    "healthCareUnitName",
    "healthCareProviderHsaId",
    "healthCareProviderName",
)
SCOPES: Mapping[str, tuple[str, ...]] = {
    "openid": (),
    "profile": ("given_name", "family_name"),
    "employee": ("employeeHsaId",),
    "commission": _COMMISSION,
    "all_commissions": ("allCommissions",),
    "system_roles": ("systemRoles",),
}
_ALWAYS = ("sub", "acr", "amr")
_MANY_VALUED = ("allCommissions", "systemRoles")

Many = Literal["list", "one", "json"]
"""How many-valued claims come: a list; a single value by itself; or all as text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`claims` is the request's parameter (OpenID Connect Core 5.5), read."""

    scope: str
    claims: Mapping[str, Any]

    @property
    def picks_commission(self) -> bool:
        """Whoever asks for a single one has the person choose it here."""
        by_name = {*self._in("id_token"), *self._in("userinfo")}
        return "commission" in self.scope.split() or not by_name.isdisjoint(_COMMISSION)

    def is_content_with(self, acr: str) -> bool:
        """A level that must be is compared exactly; a wish may be passed over."""
        wanted = self._in("id_token").get("acr")
        if not isinstance(wanted, dict) or not wanted.get("essential"):
            return True
        return acr in wanted.get("values", [wanted.get("value", acr)])

    def released(self, known: Mapping[str, Any], *, to: str, many: Many) -> dict[str, Any]:
        """What goes into `to`: the ID token, or userinfo."""
        by_scope = {name for scope in self.scope.split() for name in SCOPES.get(scope, ())}
        always = {*_ALWAYS, *by_scope} if to == "id_token" else {"sub"}
        names = always | set(self._in(to))
        return {name: _shaped(known[name], name, many) for name in known if name in names}

    def _in(self, place: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.claims.get(place) or {}
        return found


def read_asked(asked: Mapping[str, str]) -> Asked | None:
    """`None` for a `claims` parameter that nobody can read."""
    try:
        claims = json.loads(asked.get("claims") or "{}")
    except ValueError:
        return None
    parts = (claims, *claims.values()) if isinstance(claims, dict) else (claims,)
    if not all(isinstance(part, dict) for part in parts):
        return None
    return Asked(asked.get("scope", ""), claims)


def _shaped(value: Any, name: str, many: Many) -> Any:
    if name not in _MANY_VALUED or many == "list":
        return value
    if many == "json":
        return json.dumps(value, ensure_ascii=False)
    return value[0] if len(value) == 1 else value

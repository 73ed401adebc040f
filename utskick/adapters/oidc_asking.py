"""What an identity provider is asked for: it gives nothing else (OpenID Connect Core 5.4, 5.5)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from utskick.adapters.oidc_claims import ClaimNames

ClaimsFrom = Literal["id_token", "userinfo"]
AcrAskedBy = Literal["claims", "acr_values", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """`by_name`: each claim is asked for by itself; else the scope brings all of them.

    Who asks for a single commission has the person choose it at the provider.
    """

    scope: Sequence[str] = ("openid",)
    by_name: bool = True
    claims_from: ClaimsFrom = "id_token"
    names: ClaimNames = field(default_factory=ClaimNames)
    picked_there: bool = False
    accepted_acr: Sequence[str]
    acr_by: AcrAskedBy = "claims"

    @property
    def parameters(self) -> Mapping[str, str]:
        """Of the authorization request."""
        asked = {"scope": " ".join(self.scope)}
        if self.acr_by == "acr_values":
            asked["acr_values"] = " ".join(self.accepted_acr)
        if claims := self._claims():
            asked["claims"] = json.dumps(claims, separators=(",", ":"))
        return asked

    def _claims(self) -> Mapping[str, Any]:
        claims: dict[str, dict[str, Any]] = {}
        if self.acr_by == "claims":
            claims["id_token"] = {"acr": self._acr()}
        if self.by_name:
            claims.setdefault(self.claims_from, {}).update(self._of_staff())
        return claims

    def _acr(self) -> Mapping[str, Any]:
        """Compared exactly, so a higher level is not taken for a lower one: each is named."""
        if len(self.accepted_acr) == 1:
            return {"value": self.accepted_acr[0], "essential": True}
        return {"values": list(self.accepted_acr), "essential": True}

    def _of_staff(self) -> Mapping[str, Any]:
        """Only what everybody has is essential: whoever lacks it is turned away there."""
        names = self.names
        commissions = names.of_commission if self.picked_there else [names.all_commissions]
        return dict.fromkeys([*names.of_person, *commissions]) | {
            names.staff_id: {"essential": True}
        }

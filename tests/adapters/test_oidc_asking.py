"""What the provider is asked for."""

import json
from typing import Any

import pytest

from utskick.adapters.oidc_asking import Asking
from utskick.adapters.oidc_claims import ClaimNames

LOA3 = "http://id.sambi.se/loa/loa3"
LOA4 = "http://id.sambi.se/loa/loa4"
OF_PERSON = {"employeeHsaId", "given_name", "family_name", "systemRoles"}


def asked(**choices: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """The parameters, and what is asked for by name."""
    parameters = dict(Asking(**{"accepted_acr": (LOA3,)} | choices).parameters)
    return parameters, json.loads(parameters.pop("claims", "{}"))


def test_all_commissions_are_asked_for_and_none_to_be_picked() -> None:
    parameters, claims = asked()

    assert parameters == {"scope": "openid"}
    assert set(claims["id_token"]) == {"acr", "allCommissions", *OF_PERSON}
    assert claims["id_token"]["employeeHsaId"] == {"essential": True}
    assert claims["id_token"]["allCommissions"] is None


def test_or_the_one_is_asked_for_that_is_picked_there() -> None:
    _, claims = asked(picked_there=True)

    assert set(claims["id_token"]) - {"acr"} - OF_PERSON == {
        "commissionHsaId",
        "commissionName",
        "commissionPurpose",
        "healthCareUnitHsaId",
        "healthCareUnitName",
    }


def test_of_userinfo_all_but_the_level_is_asked_for() -> None:
    _, claims = asked(claims_from="userinfo")

    assert set(claims["id_token"]) == {"acr"}
    assert set(claims["userinfo"]) == {"allCommissions", *OF_PERSON}


def test_a_scope_may_bring_all_of_them() -> None:
    parameters, claims = asked(scope=("openid", "employee"), by_name=False, acr_by="nothing")

    assert parameters == {"scope": "openid employee"}
    assert claims == {}


@pytest.mark.parametrize(
    ("accepted", "acr"),
    [
        ((LOA3,), {"value": LOA3, "essential": True}),
        ((LOA3, LOA4), {"values": [LOA3, LOA4], "essential": True}),
    ],
)
def test_each_accepted_level_is_named_as_they_are_compared_exactly(
    accepted: tuple[str, ...], acr: dict[str, Any]
) -> None:
    parameters, claims = asked(accepted_acr=accepted)
    values, by_values = asked(accepted_acr=accepted, acr_by="acr_values")

    assert claims["id_token"]["acr"] == acr
    assert "acr_values" not in parameters
    assert values["acr_values"] == " ".join(accepted)
    assert "acr" not in by_values["id_token"]


def test_a_claim_that_the_provider_has_not_got_is_not_asked_for() -> None:
    _, claims = asked(names=ClaimNames(given_name="", roles="authorizationScope"))

    assert "authorizationScope" in claims["id_token"]
    assert not {"given_name", "systemRoles", ""} & set(claims["id_token"])

"""The sign-in for test staff, as a relying party uses it."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.local_1177.conftest import Local
from tests.local_1177.region import OTHER_UNIT, STAFF, UNIT

COMMISSION = "SE2321000131-U000000000901"
BACK = "http://127.0.0.1:9/tillbaka"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
SECRET = ("utskick", "bara-for-lokala-test")
ALL_SCOPES = "openid profile employee commission all_commissions system_roles"
LOA2 = "http://id.sambi.se/loa/loa2"
LOA3 = "http://id.sambi.se/loa/loa3"
ASKED = {
    "response_type": "code",
    "client_id": "utskick",
    "redirect_uri": BACK,
    "scope": ALL_SCOPES,
    "state": "a state",
    "nonce": "a nonce",
    "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}


@pytest.fixture
def provider(local: Local) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{local.url}/oidc") as client:
        yield client


def choose(provider: httpx.Client, **changes: str) -> dict[str, str]:
    """Choose on the page, and read what the client gets back."""
    response = provider.post("/authorize", data=ASKED | {"commission": COMMISSION} | changes)
    assert response.status_code == 303
    assert response.headers["location"].startswith(f"{BACK}?")
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()
    }


def exchange(provider: httpx.Client, code: str, **changes: str) -> httpx.Response:
    posted = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return provider.post("/token", data=posted | changes, auth=SECRET)


def test_the_page_lists_staff_and_lets_those_pick_a_commission_who_must(
    provider: httpx.Client,
) -> None:
    by_name = json.dumps({"id_token": {"allCommissions": None}})
    page = provider.get("/authorize", params=ASKED)
    others = provider.get("/authorize", params=ASKED | {"scope": "openid", "claims": by_name})

    assert "Välj medarbetaruppdrag" in page.text
    assert "Logga in som Karin Sandberg" not in page.text
    assert "Välj medarbetaruppdrag" not in others.text
    assert "Logga in som Karin Sandberg" in others.text
    assert "Karin Sandberg" in page.text
    assert "Sjuksköterska" in page.text
    assert "Vård och behandling" in page.text


def test_a_code_becomes_a_signed_token_about_the_chosen_commission(
    provider: httpx.Client, local: Local
) -> None:
    configuration = provider.get("/.well-known/openid-configuration").json()
    answer = choose(provider)
    assert answer["state"] == "a state"

    tokens = exchange(provider, answer["code"]).json()

    keys = KeySet.import_key_set(httpx.get(configuration["jwks_uri"]).json())
    claims: dict[str, Any] = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["iss"] == configuration["issuer"] == f"{local.url}/oidc"
    assert (claims["aud"], claims["nonce"]) == ("utskick", "a nonce")
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["employeeHsaId"] == claims["sub"] == STAFF[0]["employee_hsa_id"]
    assert claims["commissionHsaId"] == COMMISSION
    assert claims["commissionPurpose"] == "Vård och behandling"
    assert claims["healthCareUnitHsaId"] == UNIT
    assert [c["healthCareUnitHsaId"] for c in claims["allCommissions"]] == [UNIT, OTHER_UNIT]
    assert claims["systemRoles"] == STAFF[0]["system_roles"]


def test_userinfo_returns_what_is_asked_for_with_the_access_token_until_it_expires(
    provider: httpx.Client, local: Local
) -> None:
    asked = json.dumps({"userinfo": {"commissionHsaId": None}})
    tokens = exchange(provider, choose(provider, claims=asked)["code"]).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    assert provider.get("/userinfo", headers=bearer).json()["commissionHsaId"] == COMMISSION

    local.now += timedelta(hours=1)
    assert provider.get("/userinfo", headers=bearer).status_code == 401


def given(provider: httpx.Client, **changes: str) -> dict[str, Any]:
    """The claims of the ID token, beside those of every token."""
    id_token = exchange(provider, choose(provider, **changes)["code"]).json()["id_token"]
    payload = id_token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    of_every_token = {"iss", "aud", "sub", "nonce", "iat", "exp", "auth_time", "acr", "amr"}
    return {name: value for name, value in claims.items() if name not in of_every_token}


def test_nothing_is_given_that_was_not_asked_for(provider: httpx.Client) -> None:
    by_name = json.dumps({"id_token": {"employeeHsaId": {"essential": True}, "shoeSize": None}})

    assert given(provider, scope="openid") == {}
    assert set(given(provider, scope="openid profile")) == {"given_name", "family_name"}
    assert set(given(provider, scope="openid", claims=by_name)) == {"employeeHsaId"}


@pytest.mark.parametrize(
    ("claims", "lets_in"),
    [
        ({"acr": {"value": LOA2, "essential": True}}, True),
        ({"acr": {"values": [LOA3, LOA2], "essential": True}}, True),
        ({"acr": {"value": LOA3, "essential": True}}, False),
        ({"acr": {"value": LOA3}}, True),
        ({}, True),
    ],
)
def test_a_reserve_card_is_refused_where_a_higher_level_must_be(
    provider: httpx.Client, claims: dict[str, Any], *, lets_in: bool
) -> None:
    answer = choose(provider, acr=LOA2, claims=json.dumps({"id_token": claims}))

    assert answer.get("error", "") == ("" if lets_in else "unmet_authentication_requirements")
    assert ("code" in answer) is lets_in


def test_a_level_that_nobody_has_gives_no_code(provider: httpx.Client) -> None:
    response = provider.post("/authorize", data=ASKED | {"commission": COMMISSION, "acr": "loa9"})

    assert response.status_code == 400


def test_a_code_works_once(provider: httpx.Client) -> None:
    code = choose(provider)["code"]

    assert exchange(provider, code).status_code == 200
    assert exchange(provider, code).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("changes", [{"code_verifier": "another"}, {"redirect_uri": f"{BACK}/2"}])
def test_a_code_works_only_for_whoever_asked(
    provider: httpx.Client, changes: dict[str, str]
) -> None:
    response = exchange(provider, choose(provider)["code"], **changes)

    assert response.status_code == 400
    assert response.json() == {"error": "invalid_grant"}


def test_a_code_lasts_a_minute(provider: httpx.Client, local: Local) -> None:
    code = choose(provider)["code"]

    local.now += timedelta(minutes=1)

    assert exchange(provider, code).json() == {"error": "invalid_grant"}


def test_the_client_must_know_its_secret(provider: httpx.Client) -> None:
    response = provider.post("/token", data={"client_id": "utskick", "client_secret": "wrong"})

    assert response.status_code == 401


@pytest.mark.parametrize("missing", ["nonce", "code_challenge", "code_challenge_method", "scope"])
def test_a_careless_request_is_sent_back_with_an_error(
    provider: httpx.Client, missing: str
) -> None:
    asked = {name: value for name, value in ASKED.items() if name != missing}

    response = provider.get("/authorize", params=asked)

    assert response.headers["location"] == f"{BACK}?error=invalid_request&state=a+state"


@pytest.mark.parametrize(
    "changes", [{"client_id": "another"}, {"redirect_uri": "https://example.org/"}]
)
def test_strangers_get_a_page_instead(provider: httpx.Client, changes: dict[str, str]) -> None:
    response = provider.get("/authorize", params=ASKED | changes)

    assert response.status_code == 400
    assert "Inloggningen kunde inte påbörjas" in response.text


def test_nobody_can_choose_a_commission_that_is_not_there(provider: httpx.Client) -> None:
    response = provider.post("/authorize", data=ASKED | {"commission": "none"})

    assert response.status_code == 400


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_signing_out_leads_back_to_the_client(provider: httpx.Client, method: str) -> None:
    hint = exchange(provider, choose(provider)["code"]).json()["id_token"]
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": BACK}

    sent = {"params": asked} if method == "GET" else {"data": asked}
    answer = provider.request(method, "/logout", **sent)  # type: ignore[arg-type]  # either

    assert (answer.status_code, answer.headers["location"]) == (303, BACK)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"post_logout_redirect_uri": "https://elsewhere.example/"},
        {"post_logout_redirect_uri": BACK, "id_token_hint": "made.up.token"},
    ],
)
def test_signing_out_leads_nowhere_else(provider: httpx.Client, asked: dict[str, str]) -> None:
    answer = provider.get("/logout", params=asked)

    assert answer.status_code == 400
    assert "Utloggningen kunde inte slutföras" in answer.text

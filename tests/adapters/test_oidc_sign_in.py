"""Signing in with a real OpenID provider: the local 1177's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from joserfc.jwk import KeySet

from tests.local_1177.conftest import Local, served
from tests.local_1177.region import STAFF
from utskick.adapters.oidc_sign_in import OidcSignIn
from utskick.domain.staff import SignInAttempt, SignInFailed
from utskick.ports import TemporaryFailure

BACK = "http://127.0.0.1:9/logga-in/klar"
LOA3 = "http://id.sambi.se/loa/loa3"
MEMBER: Any = STAFF[0]
COMMISSION = MEMBER["commissions"][0]


def sign_in_at(url: str, **changes: Any) -> OidcSignIn:
    parts: dict[str, Any] = {
        "issuer": f"{url}/oidc",
        "client_id": "utskick",
        "client_secret": "bara-for-lokala-test",
        "accepted_acr": [LOA3],
    }
    return OidcSignIn(**parts | changes)


@pytest.fixture
def provider(local: Local) -> Local:
    # What is signed now is believed for an hour, by the real clock.
    local.now = datetime.now(UTC)
    return local


async def choose(url: str) -> str:
    """What a person does at the provider: the code that the browser comes back with."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    async with httpx.AsyncClient() as browser:
        page = url.split("?", maxsplit=1)[0]
        assert (await browser.get(url)).status_code == 200
        posted = asked | {"commission": COMMISSION["commission_hsa_id"]}
        answer = await browser.post(page, data=posted)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == [asked["state"]]
    return back["code"][0]


async def signed_in(sign_in: OidcSignIn) -> tuple[str, SignInAttempt]:
    url, attempt = await sign_in.begin(redirect_uri=BACK, return_to="/paketutskick")
    return await choose(url), attempt


async def test_the_claims_tell_who_it_is_and_in_which_commissions(provider: Local) -> None:
    sign_in = sign_in_at(provider.url)
    code, attempt = await signed_in(sign_in)

    claims = await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)

    assert attempt.return_to == "/paketutskick"
    assert claims.staff_id == MEMBER["employee_hsa_id"]
    assert claims.name == f"{MEMBER['given_name']} {MEMBER['family_name']}"
    assert claims.picked == COMMISSION["commission_hsa_id"]
    assert [c.hsa_id for c in claims.commissions] == [
        each["commission_hsa_id"] for each in MEMBER["commissions"]
    ]
    assert claims.commissions[0].purpose == COMMISSION["purpose"]


async def test_a_code_works_once(provider: Local) -> None:
    sign_in = sign_in_at(provider.url)
    code, attempt = await signed_in(sign_in)
    await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)

    with pytest.raises(SignInFailed):
        await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)


@pytest.mark.parametrize("stolen", ["nonce", "code_verifier"])
async def test_an_answer_to_another_sign_in_is_not_believed(provider: Local, stolen: str) -> None:
    sign_in = sign_in_at(provider.url)
    code, attempt = await signed_in(sign_in)
    other = replace(attempt, **{stolen: "x" * 64})

    with pytest.raises(SignInFailed):
        await sign_in.finish(code, attempt=other, redirect_uri=BACK)


async def test_a_level_of_assurance_that_is_too_low_lets_nobody_in(provider: Local) -> None:
    sign_in = sign_in_at(provider.url, accepted_acr=["http://id.sambi.se/loa/loa4"])
    code, attempt = await signed_in(sign_in)

    with pytest.raises(SignInFailed, match="assurance"):
        await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)


async def test_a_token_that_has_expired_is_not_believed(provider: Local) -> None:
    provider.now = datetime.now(UTC) - timedelta(hours=2)
    sign_in = sign_in_at(provider.url)
    code, attempt = await signed_in(sign_in)

    with pytest.raises(SignInFailed, match="Expired"):
        await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)


async def test_a_provider_with_new_keys_is_believed(provider: Local) -> None:
    sign_in = sign_in_at(provider.url)
    code, attempt = await signed_in(sign_in)
    # A key set that knows nothing of the provider's present key.
    sign_in._keys = KeySet([])  # noqa: SLF001

    claims = await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)

    assert claims.staff_id == MEMBER["employee_hsa_id"]


async def test_a_wrong_secret_lets_nobody_in(provider: Local) -> None:
    sign_in = sign_in_at(provider.url, client_secret="wrong")
    code, attempt = await signed_in(sign_in)

    with pytest.raises(SignInFailed, match="invalid_client"):
        await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)


async def test_a_provider_that_is_away_can_be_tried_again() -> None:
    with pytest.raises(TemporaryFailure):
        await sign_in_at("http://127.0.0.1:9").begin(redirect_uri=BACK, return_to="/")


@pytest.fixture
def impostor() -> Iterator[str]:
    app = FastAPI()

    @app.get("/oidc/.well-known/openid-configuration")
    def describe() -> dict[str, str]:
        return {
            "issuer": "http://elsewhere.example/oidc",
            "authorization_endpoint": "http://elsewhere.example/authorize",
            "token_endpoint": "http://elsewhere.example/token",
            "jwks_uri": "http://elsewhere.example/jwks",
        }

    with served(app) as url:
        yield url


async def test_a_provider_that_calls_itself_something_else_is_not_believed(impostor: str) -> None:
    with pytest.raises(SignInFailed, match="something else"):
        await sign_in_at(impostor).begin(redirect_uri=BACK, return_to="/")

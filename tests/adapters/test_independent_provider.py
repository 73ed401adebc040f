"""Signing in with a provider that others have made: what differs is settings alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey

from tests.adapters.test_oidc_sign_in import BACK, sign_in_at
from tests.independent_provider import LOA2, IndependentProvider
from tests.local_1177.conftest import served
from utskick.domain.staff import AssuranceTooLow, ClaimMissing, QuestionRefused, StaffClaims

LEFT = "http://127.0.0.1:9/utloggad"
KARIN = "SE2321000131-P000000000201"
LOA4 = "http://id.sambi.se/loa/loa4"
SECRET = "sixteen-or-more-characters"
COMMISSION = {
    "commissionHsaId": "SE2321000131-U000000000301",
    "commissionName": "Sjuksköterska Björkängen",
    "commissionPurpose": "Vård och behandling",
    "healthCareUnitHsaId": "SE2321000131-E000000000101",
    "healthCareUnitName": "Björkängen",
}


@pytest.fixture(scope="module")
def served_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndependentProvider]:
    provider = IndependentProvider(tmp_path_factory.mktemp("provider"))
    with served(provider.app) as provider.url:
        yield provider


@pytest.fixture
def provider(served_provider: IndependentProvider) -> IndependentProvider:
    served_provider.known = {
        "employeeHsaId": KARIN,
        "given_name": "Karin",
        "family_name": "Sandberg",
        "systemRoles": ["UTSKICK;Logg"],
        "allCommissions": [COMMISSION],
        **COMMISSION,
        "telephone": "070-000 00 00",
    }
    served_provider.register(redirect_uri=BACK, signed_out_uri=LEFT)
    return served_provider


class Visit:
    """One person's browser, and our side of the sign-in."""

    def __init__(self, provider: IndependentProvider, **settings: Any) -> None:
        chosen = {"issuer": provider.url, "client_secret": SECRET} | settings
        self.adapter = sign_in_at(provider.url, **chosen)
        self._cookies = httpx.Cookies()

    async def sign_in(self) -> StaffClaims:
        url, attempt = await self.adapter.begin(
            redirect_uri=BACK, return_to="/", now=datetime.now(UTC)
        )
        back = parse_qs(urlsplit(await self.led_to(url)).query)
        assert back["state"] == [attempt.state]
        return await self.adapter.finish(back["code"][0], attempt=attempt, redirect_uri=BACK)

    async def led_to(self, url: str) -> str:
        async with httpx.AsyncClient(cookies=self._cookies) as browser:
            answer = await browser.get(url)
        self._cookies.update(answer.cookies)
        return str(answer.headers["location"])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"client_authentication": "client_secret_post"},
        {"claims_from": "userinfo"},
        {"acr_asked_by": "acr_values"},
        {"ask_by_name": False, "scope": ("openid", "profile", "hsa")},
        {"scope": ("openid", "profile")},
    ],
    ids=str,
)
async def test_who_signs_in_is_known(
    provider: IndependentProvider, settings: dict[str, Any]
) -> None:
    claims = await Visit(provider, **settings).sign_in()

    assert (claims.staff_id, claims.name) == (KARIN, "Karin Sandberg")
    assert [each.hsa_id for each in claims.commissions] == [COMMISSION["commissionHsaId"]]


async def test_the_one_commission_that_was_picked_there_is_all_that_is_given(
    provider: IndependentProvider,
) -> None:
    claims = await Visit(provider, commissions="picked").sign_in()

    [commission] = claims.commissions
    assert commission.unit_id == COMMISSION["healthCareUnitHsaId"]
    assert (claims.picked, claims.only_picked) == (commission.hsa_id, True)


async def test_what_is_not_asked_for_is_not_given(provider: IndependentProvider) -> None:
    with pytest.raises(ClaimMissing, match="employeeHsaId"):
        await Visit(provider, ask_by_name=False).sign_in()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_userinfo_may_be_signed(provider: IndependentProvider, algorithm: str) -> None:
    provider.register(
        redirect_uri=BACK, signed_out_uri=LEFT, userinfo_signed_response_alg=algorithm
    )

    claims = await Visit(provider, claims_from="userinfo").sign_in()

    assert claims.staff_id == KARIN


async def test_a_key_proves_who_we_are(provider: IndependentProvider) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    provider.register_key(key.as_dict(private=False))
    settings: dict[str, Any] = {
        "client_authentication": "private_key_jwt",
        "signing_key": key.as_pem(private=True).decode(),
        "signing_key_id": key.kid,
        "signing_algorithm": "ES256",
    }

    claims = await Visit(provider, **settings).sign_in()

    assert claims.staff_id == KARIN
    with pytest.raises(QuestionRefused):
        stranger = ECKey.generate_key("P-256").as_pem(private=True).decode()
        await Visit(provider, **settings | {"signing_key": stranger}).sign_in()


async def test_a_wrong_secret_lets_nobody_in(provider: IndependentProvider) -> None:
    with pytest.raises(QuestionRefused):
        await Visit(provider, client_secret="another-of-that-length").sign_in()


@pytest.mark.parametrize("asked_by", ["claims", "acr_values"])
async def test_the_level_that_is_asked_for_is_given(
    provider: IndependentProvider, asked_by: str
) -> None:
    settings = {"accepted_acr": (LOA2,), "acr_asked_by": asked_by}

    assert await Visit(provider, **settings).sign_in()


async def test_a_level_that_is_too_low_lets_nobody_in(provider: IndependentProvider) -> None:
    by_scope = {"ask_by_name": False, "scope": ("openid", "hsa"), "acr_asked_by": "nothing"}
    assert await Visit(provider, **by_scope).sign_in()

    with pytest.raises(AssuranceTooLow):
        await Visit(provider, **by_scope, accepted_acr=(LOA4,)).sign_in()


async def test_signing_out_there_is_accepted(provider: IndependentProvider) -> None:
    visit = Visit(provider)
    claims = await visit.sign_in()

    onwards = await visit.adapter.sign_out(claims.sign_in_id, return_to=LEFT)

    assert onwards is not None
    assert (await visit.led_to(onwards)).startswith(f"{provider.url}/verify?")

"""What every identity provider promises: the twin in memory, and OpenID over HTTP."""

from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.adapters.test_oidc_sign_in import BACK, MEMBER, choose, sign_in_at
from tests.local_1177.conftest import Local
from utskick.adapters.in_memory import InMemorySignIn
from utskick.domain.staff import Commission, SignInFailed, StaffClaims
from utskick.domain.units import HsaId
from utskick.ports import SignIn, TemporaryFailure

LEFT = "http://127.0.0.1:9/utloggad"
NOW = datetime.now(UTC)
"""What is signed now is believed for an hour, by the real clock."""
KARIN = StaffClaims(
    staff_id=MEMBER["employee_hsa_id"],
    name="Karin Sandberg",
    commissions=tuple(
        Commission(
            hsa_id=each["commission_hsa_id"],
            name=each["name"],
            purpose=each["purpose"],
            unit_id=HsaId(each["unit_hsa_id"]),
            unit_name=each["unit_name"],
            starts_on=datetime.fromisoformat(each["start_date"]).date(),
        )
        for each in MEMBER["commissions"]
    ),
    picked=None,
    system_roles=tuple(MEMBER["system_roles"]),
)


class Provider(Protocol):
    """Both kinds, and what a person does there."""

    sign_in: SignIn

    async def choose(self, url: str) -> str:
        """Be Karin: the code that the browser comes back with."""

    def gone(self) -> SignIn:
        """One that does not answer."""


class Twin:
    def __init__(self) -> None:
        self._twin = InMemorySignIn()
        self.sign_in: SignIn = self._twin

    async def choose(self, url: str) -> str:
        code = f"code for {url}"
        self._twin.knows[code] = KARIN
        return code

    def gone(self) -> SignIn:
        self._twin.fails_with.append(TemporaryFailure("away"))
        return self.sign_in


class OverHttp:
    def __init__(self, local: Local) -> None:
        local.now = datetime.now(UTC)
        self.sign_in: SignIn = sign_in_at(local.url)

    async def choose(self, url: str) -> str:
        return await choose(url)

    def gone(self) -> SignIn:
        return sign_in_at("http://127.0.0.1:9")


@pytest.fixture(params=["in-memory", "http"])
def provider(request: pytest.FixtureRequest) -> Provider:
    if request.param == "in-memory":
        return Twin()
    return OverHttp(request.getfixturevalue("local"))


async def test_the_browser_goes_there_with_the_state_and_the_way_back(provider: Provider) -> None:
    url, attempt = await provider.sign_in.begin(
        redirect_uri=BACK, return_to="/uppfoljning", now=NOW
    )

    asked = parse_qs(urlsplit(url).query)
    assert asked["state"] == [attempt.state]
    assert asked["redirect_uri"] == [BACK]
    assert attempt.return_to == "/uppfoljning"


async def test_no_two_sign_ins_share_a_secret(provider: Provider) -> None:
    attempts = [
        (await provider.sign_in.begin(redirect_uri=BACK, return_to="/", now=NOW))[1]
        for _ in range(2)
    ]

    secrets = {
        secret for each in attempts for secret in (each.state, each.nonce, each.code_verifier)
    }
    assert len(secrets) == 6


async def test_whoever_comes_back_is_returned_with_every_commission(provider: Provider) -> None:
    url, attempt = await provider.sign_in.begin(redirect_uri=BACK, return_to="/", now=NOW)
    code = await provider.choose(url)

    claims = await provider.sign_in.finish(code, attempt=attempt, redirect_uri=BACK)

    assert claims == KARIN


async def test_a_code_works_once(provider: Provider) -> None:
    url, attempt = await provider.sign_in.begin(redirect_uri=BACK, return_to="/", now=NOW)
    code = await provider.choose(url)
    await provider.sign_in.finish(code, attempt=attempt, redirect_uri=BACK)

    with pytest.raises(SignInFailed):
        await provider.sign_in.finish(code, attempt=attempt, redirect_uri=BACK)


async def test_a_code_that_was_never_given_lets_nobody_in(provider: Provider) -> None:
    _, attempt = await provider.sign_in.begin(redirect_uri=BACK, return_to="/", now=NOW)

    with pytest.raises(SignInFailed):
        await provider.sign_in.finish("guessed", attempt=attempt, redirect_uri=BACK)


async def test_a_provider_that_is_away_can_be_tried_again(provider: Provider) -> None:
    with pytest.raises(TemporaryFailure):
        await provider.gone().begin(redirect_uri=BACK, return_to="/", now=NOW)


async def test_whoever_has_signed_out_is_asked_anew(provider: Provider) -> None:
    url, attempt = await provider.sign_in.begin(
        redirect_uri=BACK, return_to="/", anew=True, now=NOW
    )

    assert parse_qs(urlsplit(url).query)["prompt"] == ["login"]
    assert attempt.anew


async def test_the_provider_signs_out_whom_its_own_token_names(provider: Provider) -> None:
    url, attempt = await provider.sign_in.begin(redirect_uri=BACK, return_to="/", now=NOW)
    code = await provider.choose(url)
    claims = await provider.sign_in.finish(code, attempt=attempt, redirect_uri=BACK)

    first = await provider.sign_in.sign_out(claims.sign_in_id, return_to=LEFT)
    again = await provider.sign_in.sign_out(claims.sign_in_id, return_to=LEFT)

    assert first
    assert again
    asked, asked_again = (parse_qs(urlsplit(each).query) for each in (first, again))
    assert asked["post_logout_redirect_uri"] == [LEFT]
    assert asked["id_token_hint"]
    assert "id_token_hint" not in asked_again


async def test_a_provider_that_is_away_signs_nobody_out(provider: Provider) -> None:
    with pytest.raises(TemporaryFailure):
        await provider.gone().sign_out(None, return_to=LEFT)

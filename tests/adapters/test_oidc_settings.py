"""Signing in at the local provider, with each way of proving who we are and of giving claims."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.adapters.test_oidc_sign_in import BACK, COMMISSION, MEMBER, choose, sign_in_at
from tests.certificates import a_certificate
from tests.local_1177.conftest import served
from tests.local_1177.region import OTHER_UNIT, UNIT, write_region
from utskick.domain.staff import ClaimMissing, QuestionRefused, StaffClaims
from utskick.domain.starting import RefusedToStart
from utskick.local_1177.app import create_app
from utskick.local_1177.serving import ServerTls
from utskick.ports import TemporaryFailure


@cache
def key_for(algorithm: str) -> RSAKey | ECKey:
    return RSAKey.generate_key(2048) if algorithm == "PS256" else ECKey.generate_key("P-256")


@dataclass
class Provider:
    """The local one, at two addresses: for browsers, and for clients with a certificate."""

    url: str
    tls_url: str
    certificates: Path

    def set(self, **settings: Any) -> None:
        httpx.put(f"{self.url}/control/sign-in", json=settings).raise_for_status()

    async def sign_in(self, **settings: Any) -> StaffClaims:
        adapter = sign_in_at(self.url, **settings)
        url, attempt = await adapter.begin(redirect_uri=BACK, return_to="/", now=datetime.now(UTC))
        return await adapter.finish(await choose(url), attempt=attempt, redirect_uri=BACK)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    for name in ("provider", "ours", "stranger"):
        a_certificate(folder / f"{name}.pem")
    app = create_app(folder / "state.db", write_region(folder / "region"))
    tls = ServerTls(certificate=folder / "provider.pem", client_authorities=folder / "ours.pem")
    with ExitStack() as stack:
        url = stack.enter_context(served(app))
        yield Provider(url, stack.enter_context(served(app, tls=tls)), folder)


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.set()
    return running


@pytest.mark.parametrize("many_valued", ["list", "one", "json"])
@pytest.mark.parametrize("claims_from", ["id_token", "userinfo"])
async def test_claims_come_in_any_shape_from_either_place(
    provider: Provider, many_valued: str, claims_from: str
) -> None:
    provider.set(many_valued=many_valued)

    claims = await provider.sign_in(claims_from=claims_from)

    assert [each.unit_id for each in claims.commissions] == [UNIT, OTHER_UNIT]
    assert claims.system_roles == tuple(MEMBER["system_roles"])
    assert claims.picked is None


async def test_userinfo_may_be_signed(provider: Provider) -> None:
    provider.set(userinfo="signed")

    claims = await provider.sign_in(claims_from="userinfo")

    assert claims.staff_id == MEMBER["employee_hsa_id"]


async def test_scopes_alone_may_bring_all(provider: Provider) -> None:
    scope = ("openid", "profile", "employee", "all_commissions", "system_roles")

    claims = await provider.sign_in(scope=scope, ask_by_name=False)

    assert claims.name == "Karin Sandberg"
    assert len(claims.commissions) == 2
    with pytest.raises(ClaimMissing, match="employeeHsaId"):
        await provider.sign_in(ask_by_name=False)


async def test_the_commission_is_picked_there(provider: Provider) -> None:
    claims = await provider.sign_in(commissions="picked")

    [commission] = claims.commissions
    assert commission.hsa_id == COMMISSION["commission_hsa_id"]
    assert claims.picked == commission.hsa_id


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_secret_proves_who_we_are_in_the_way_that_is_set(
    provider: Provider, method: str
) -> None:
    provider.set(client_authentication=[method])
    others = {"client_secret_basic", "client_secret_post"} - {method}

    assert await provider.sign_in(client_authentication=method)

    with pytest.raises(QuestionRefused, match="invalid_client"):
        await provider.sign_in(client_authentication=others.pop())


@pytest.mark.parametrize("audience", ["token_endpoint", "issuer"])
@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
async def test_a_signature_proves_who_we_are(
    provider: Provider, tmp_path: Path, algorithm: str, audience: str
) -> None:
    key = key_for(algorithm)
    provider.set(
        client_authentication=["private_key_jwt"],
        client_keys={"keys": [key.as_dict(private=False) | {"kid": "ours"}]},
    )
    (tmp_path / "key.pem").write_bytes(key.as_pem(private=True))
    settings = {
        "client_authentication": "private_key_jwt",
        "signing_key_file": tmp_path / "key.pem",
        "signing_key_id": "ours",
        "signing_algorithm": algorithm,
        "signing_audience": audience,
    }

    assert await provider.sign_in(**settings)

    with pytest.raises(QuestionRefused):
        await provider.sign_in(client_authentication="client_secret_post")


async def test_a_certificate_proves_who_we_are(provider: Provider) -> None:
    provider.set(client_authentication=["tls_client_auth"], tls_url=provider.tls_url)
    settings = {
        "client_authentication": "tls_client_auth",
        "ca_file": provider.certificates / "provider.pem",
        "client_certificate": provider.certificates / "ours.pem",
    }

    claims = await provider.sign_in(**settings, claims_from="userinfo")

    assert claims.staff_id == MEMBER["employee_hsa_id"]
    stranger = {"client_certificate": provider.certificates / "stranger.pem"}
    with pytest.raises(TemporaryFailure):
        await provider.sign_in(**settings | stranger)


async def test_without_a_certificate_the_name_alone_proves_nothing(provider: Provider) -> None:
    provider.set(client_authentication=["tls_client_auth"])
    settings = {
        "client_authentication": "tls_client_auth",
        "client_certificate": provider.certificates / "ours.pem",
    }

    with pytest.raises(QuestionRefused, match="invalid_client"):
        await provider.sign_in(**settings)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        ("no key", "RS256"),
        (ECKey.generate_key("P-256").as_pem(private=True).decode(), "RS256"),
        (ECKey.generate_key("P-384").as_pem(private=True).decode(), "ES256"),
        (ECKey.generate_key("P-256").as_pem(private=False).decode(), "ES256"),
    ],
    ids=["none", "of another kind", "of another curve", "the public half"],
)
def test_a_key_that_cannot_sign_keeps_us_from_starting(key: str, algorithm: str) -> None:
    settings = {"client_authentication": "private_key_jwt", "signing_key": key}

    with pytest.raises(RefusedToStart, match="SIGNING_KEY is no private key for"):
        sign_in_at("http://127.0.0.1:9", **settings, signing_algorithm=algorithm)

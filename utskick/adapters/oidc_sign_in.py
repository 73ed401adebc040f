"""Staff sign in with an OpenID provider: authorization code with PKCE, nonce and state.

Authlib speaks the protocol; joserfc reads the signed token.
"""

import secrets
import ssl
from collections.abc import Sequence
from datetime import date
from typing import Any

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from utskick.domain.staff import Commission, SignInAttempt, SignInFailed, StaffClaims
from utskick.domain.units import InvalidHsaId, parse_hsa_id
from utskick.ports import TemporaryFailure

_TIMEOUT_S = 5
_ALGORITHMS = ["RS256", "PS256", "ES256"]
_CLOCK_SKEW_S = 60


class _Described(BaseModel):
    """What we need of the provider's own description."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _CommissionClaims(BaseModel):
    """Inera's names; an open end is absent, empty or null."""

    model_config = ConfigDict(extra="ignore")

    hsa_id: str = Field(alias="commissionHsaId")
    name: str = Field(default="", alias="commissionName")
    purpose: str = Field(default="", alias="commissionPurpose")
    unit_id: str = Field(alias="healthCareUnitHsaId")
    unit_name: str = Field(default="", alias="healthCareUnitName")
    starts_on: date | None = Field(default=None, alias="startDate")
    ends_on: date | None = Field(default=None, alias="endDate")


class _Claims(BaseModel):
    model_config = ConfigDict(extra="ignore")

    staff_id: str = Field(alias="employeeHsaId", min_length=1)
    given_name: str = ""
    family_name: str = ""
    acr: str = ""
    picked: str | None = Field(default=None, alias="commissionHsaId")
    commissions: list[_CommissionClaims] = Field(default=[], alias="allCommissions")
    system_roles: list[str] = Field(default=[], alias="systemRoles")


class OidcSignIn:
    """A `SignIn`. The provider's description and keys are fetched when first needed."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        accepted_acr: Sequence[str],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._accepted_acr = frozenset(accepted_acr)
        self._tls = tls or True
        self._described: _Described | None = None
        self._keys: KeySet | None = None

    async def begin(self, *, redirect_uri: str, return_to: str) -> tuple[str, SignInAttempt]:
        described = await self._description()
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        async with self._client(redirect_uri) as client:
            url, state = client.create_authorization_url(
                described.authorization_endpoint,
                state=secrets.token_urlsafe(32),
                code_verifier=verifier,
                nonce=nonce,
            )
        attempt = SignInAttempt(
            state=state, nonce=nonce, code_verifier=verifier, return_to=return_to
        )
        return url, attempt

    async def finish(self, code: str, *, attempt: SignInAttempt, redirect_uri: str) -> StaffClaims:
        described = await self._description()
        try:
            async with self._client(redirect_uri) as client:
                token = await client.fetch_token(
                    described.token_endpoint, code=code, code_verifier=attempt.code_verifier
                )
        except OAuthError as error:
            raise SignInFailed(f"the provider refuses the code: {error.error}") from None
        except (httpx.HTTPError, ValueError) as error:
            raise TemporaryFailure(f"the provider is away: {type(error).__name__}") from None
        claims = await self._verified(str(token.get("id_token", "")), nonce=attempt.nonce)
        return _staff(claims)

    async def _verified(self, id_token: str, *, nonce: str) -> _Claims:
        """The claims of a token that is signed, ours, of this sign-in, and strong enough."""
        required = jwt.JWTClaimsRegistry(
            leeway=_CLOCK_SKEW_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            claims = (await self._decoded(id_token)).claims
            required.validate(claims)
            read = _Claims.model_validate(claims)
        except (JoseError, ValueError) as error:
            raise SignInFailed(f"the token is not trusted: {type(error).__name__}") from None
        if read.acr not in self._accepted_acr:
            raise SignInFailed("the level of assurance is not accepted")
        return read

    async def _decoded(self, id_token: str) -> jwt.Token:
        """By the keys we know, else by the provider's newest: they are changed now and then."""
        if self._keys is not None:
            try:
                return jwt.decode(id_token, self._keys, algorithms=_ALGORITHMS)
            except (JoseError, ValueError):
                pass
        described = await self._description()
        self._keys = KeySet.import_key_set(await self._fetched(described.jwks_uri))
        return jwt.decode(id_token, self._keys, algorithms=_ALGORITHMS)

    async def _description(self) -> _Described:
        if self._described is None:
            found = await self._fetched(f"{self._issuer}/.well-known/openid-configuration")
            try:
                described = _Described.model_validate(found)
            except ValidationError:
                raise TemporaryFailure("the provider's description is not readable") from None
            if described.issuer.rstrip("/") != self._issuer:
                raise SignInFailed("the provider calls itself something else")
            self._described = described
        return self._described

    def _client(self, redirect_uri: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._client_id,
            self._client_secret,
            scope="openid",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
            trust_env=False,
            verify=self._tls,
        )

    async def _fetched(self, url: str) -> Any:
        try:
            async with httpx.AsyncClient(
                timeout=_TIMEOUT_S, trust_env=False, verify=self._tls
            ) as client:
                answer = await client.get(url)
                answer.raise_for_status()
                return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise TemporaryFailure(f"the provider is away: {type(error).__name__}") from None


def _staff(claims: _Claims) -> StaffClaims:
    read = (_commission(each) for each in claims.commissions)
    return StaffClaims(
        staff_id=claims.staff_id.strip().upper(),
        name=f"{claims.given_name} {claims.family_name}".strip() or claims.staff_id,
        commissions=tuple(commission for commission in read if commission),
        picked=claims.picked,
        system_roles=tuple(claims.system_roles),
    )


def _commission(claims: _CommissionClaims) -> Commission | None:
    """`None` for one whose unit has no HSA-id: nobody can send for it."""
    try:
        unit_id = parse_hsa_id(claims.unit_id)
    except InvalidHsaId:
        return None
    return Commission(
        hsa_id=claims.hsa_id,
        name=claims.name,
        purpose=claims.purpose,
        unit_id=unit_id,
        unit_name=claims.unit_name,
        starts_on=claims.starts_on,
        ends_on=claims.ends_on,
    )

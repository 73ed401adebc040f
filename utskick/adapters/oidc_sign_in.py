"""Staff sign in with an OpenID provider: authorization code with PKCE, nonce and state.

Authlib exchanges the code; joserfc reads the signed token.
"""

import logging
import secrets
import ssl
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from utskick.domain.staff import Commission, SignInAttempt, SignInFailed, StaffClaims
from utskick.domain.units import InvalidHsaId, parse_hsa_id
from utskick.domain.writing import shown_in_one_line
from utskick.ports import TemporaryFailure

log = logging.getLogger(__name__)

_TIMEOUT_S = 5
_ALGORITHMS = ["RS256", "PS256", "ES256"]
_CLOCK_SKEW_S = 60
_MOST_REMEMBERED = 10_000
"""Tokens of those who are signed in, for their sign-out."""


class _Described(BaseModel):
    """What we need of the provider's own description."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""


ShownName = Annotated[str, BeforeValidator(shown_in_one_line)]
"""A name to show: nothing in it may break a line or turn around what stands beside it."""


OpenEnd = Annotated[date | None, BeforeValidator(lambda claimed: claimed or None)]


class _CommissionClaims(BaseModel):
    """Inera's names; an open end is absent, empty or null."""

    model_config = ConfigDict(extra="ignore")

    hsa_id: str = Field(alias="commissionHsaId")
    name: ShownName = Field(default="", alias="commissionName")
    purpose: str = Field(default="", alias="commissionPurpose")
    unit_id: str = Field(alias="healthCareUnitHsaId")
    unit_name: ShownName = Field(default="", alias="healthCareUnitName")
    starts_on: OpenEnd = Field(default=None, alias="startDate")
    ends_on: OpenEnd = Field(default=None, alias="endDate")


class _Claims(BaseModel):
    model_config = ConfigDict(extra="ignore")

    staff_id: str = Field(alias="employeeHsaId", min_length=1)
    given_name: ShownName = ""
    family_name: ShownName = ""
    acr: str = ""
    auth_time: int
    azp: str | None = None
    picked: str | None = Field(default=None, alias="commissionHsaId")
    commissions: list[Any] = Field(default=[], alias="allCommissions")
    system_roles: list[Any] = Field(default=[], alias="systemRoles")


class OidcSignIn:
    """A `SignIn`. The provider's description and keys are fetched when first needed."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        accepted_acr: Sequence[str],
        max_age: timedelta,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._accepted_acr = frozenset(accepted_acr)
        self._max_age = max_age
        self._id_tokens: dict[UUID, str] = {}
        self._tls = tls or True
        self._described: _Described | None = None
        self._keys: KeySet | None = None

    async def begin(
        self, *, redirect_uri: str, return_to: str, anew: bool = False, now: datetime
    ) -> tuple[str, SignInAttempt]:
        """Without a client of Authlib's: to make one takes longer than all else together."""
        described = await self._description()
        attempt = SignInAttempt(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            code_verifier=secrets.token_urlsafe(48),
            return_to=return_to,
            begun_at=now,
            anew=anew,
        )
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.code_verifier),
            "code_challenge_method": "S256",
            "max_age": f"{self._max_age.total_seconds():.0f}",
        } | ({"prompt": "login"} if anew else {})
        separator = "&" if "?" in described.authorization_endpoint else "?"
        return f"{described.authorization_endpoint}{separator}{urlencode(asked)}", attempt

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
        id_token = str(token.get("id_token", ""))
        staff = _staff(await self._verified(id_token, attempt))
        self._remember(staff.sign_in_id, id_token)
        return staff

    async def sign_out(self, sign_in_id: UUID | None, *, return_to: str) -> str | None:
        """The token says who signs out; without one, as after a restart, the provider may ask.

        Only an address of the provider's own, as pages may lead nowhere else.
        """
        id_token = self._id_tokens.pop(sign_in_id, "") if sign_in_id else ""
        ends_at = (await self._description()).end_session_endpoint
        if not ends_at or _origin(ends_at) != _origin(self._issuer):
            return None
        asked = {"client_id": self._client_id, "post_logout_redirect_uri": return_to}
        asked |= {"id_token_hint": id_token} if id_token else {}
        return f"{ends_at}{'&' if '?' in ends_at else '?'}{urlencode(asked)}"

    def _remember(self, sign_in_id: UUID, id_token: str) -> None:
        if len(self._id_tokens) >= _MOST_REMEMBERED:
            self._id_tokens.pop(next(iter(self._id_tokens)))
        self._id_tokens[sign_in_id] = id_token

    async def _verified(self, id_token: str, attempt: SignInAttempt) -> _Claims:
        """The claims of a token that is signed, ours, of this sign-in, and strong enough."""
        required = jwt.JWTClaimsRegistry(
            leeway=_CLOCK_SKEW_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            nonce={"essential": True, "value": attempt.nonce},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            token = await self._decoded(id_token)
            required.validate(token.claims)
            read = _Claims.model_validate(token.claims)
        except (JoseError, ValueError) as error:
            raise SignInFailed(f"the token is not trusted: {type(error).__name__}") from None
        if wrong := self._distrusted(token, read, attempt):
            raise SignInFailed(wrong)
        return read

    def _distrusted(self, token: jwt.Token, read: _Claims, attempt: SignInAttempt) -> str:
        """What is wrong with a token of the right signature, if anything."""
        oldest = attempt.begun_at - (timedelta() if attempt.anew else self._max_age)
        if str(token.header.get("typ") or "JWT").upper() != "JWT":
            return "the token is of another type"
        if token.claims["aud"] not in (self._client_id, [self._client_id]):
            return "the token is for others too"
        if read.azp not in (None, self._client_id):
            return "the token was issued to somebody else"
        if read.acr not in self._accepted_acr:
            return "the level of assurance is not accepted"
        if read.auth_time < oldest.timestamp() - _CLOCK_SKEW_S:
            return "the person was asked too long ago"
        return ""

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


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _staff(claims: _Claims) -> StaffClaims:
    """Raises `SignInFailed` for somebody without an HSA-id."""
    try:
        staff_id = parse_hsa_id(claims.staff_id)
    except InvalidHsaId:
        raise SignInFailed("employeeHsaId is no HSA-id") from None
    read = [_commission(each) for each in claims.commissions]
    if odd := read.count(None):
        log.warning("Passed over %d commissions that cannot be read", odd)
    return StaffClaims(
        staff_id=staff_id,
        name=f"{claims.given_name} {claims.family_name}".strip() or staff_id,
        commissions=tuple(commission for commission in read if commission),
        picked=claims.picked,
        system_roles=tuple(role for role in claims.system_roles if isinstance(role, str)),
    )


def _commission(claimed: object) -> Commission | None:
    """`None` for an odd one, or of a unit without an HSA-id: it keeps nobody from the others."""
    try:
        claims = _CommissionClaims.model_validate(claimed)
        unit_id = parse_hsa_id(claims.unit_id)
    except (ValidationError, InvalidHsaId):
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

"""Staff sign in with an OpenID provider: authorization code with PKCE, nonce and state."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError

from utskick.adapters.oidc_asking import Asking
from utskick.adapters.oidc_claims import ClaimReader
from utskick.adapters.oidc_provider import OidcProvider
from utskick.domain.staff import (
    AssuranceTooLow,
    ClaimMissing,
    ClaimUnreadable,
    SignInAttempt,
    SignInFailed,
    StaffClaims,
)

_CLOCK_SKEW_S = 60
_MOST_REMEMBERED = 10_000
"""Tokens of those who are signed in, for their sign-out."""
_LONGEST_HINT = 4000
"""Of a token in an address: proxies refuse addresses of more than some thousand characters."""


class OidcSignIn:
    """A `SignIn`."""

    def __init__(
        self,
        provider: OidcProvider,
        *,
        asking: Asking,
        reader: ClaimReader,
        max_age: timedelta,
    ) -> None:
        self._provider = provider
        self._client_id = provider.client_id
        self._asking = asking
        self._reader = reader
        self._max_age = max_age
        self._id_tokens: dict[UUID, str] = {}

    async def begin(
        self, *, redirect_uri: str, return_to: str, anew: bool = False, now: datetime
    ) -> tuple[str, SignInAttempt]:
        """Without a client of Authlib's: to make one takes longer than all else together."""
        described = await self._provider.description()
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
            **self._asking.parameters,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.code_verifier),
            "code_challenge_method": "S256",
            "max_age": f"{self._max_age.total_seconds():.0f}",
        } | ({"prompt": "login"} if anew else {})
        return _with(described.authorization_endpoint, asked), attempt

    async def finish(self, code: str, *, attempt: SignInAttempt, redirect_uri: str) -> StaffClaims:
        tokens = await self._provider.tokens(
            code, code_verifier=attempt.code_verifier, redirect_uri=redirect_uri
        )
        id_token = str(tokens.get("id_token", ""))
        claims = await self._verified(id_token, attempt)
        if self._asking.claims_from == "userinfo":
            access_token = str(tokens.get("access_token", ""))
            claims = {
                **await self._provider.userinfo(access_token, subject=claims.get("sub")),
                **claims,
            }
        staff = self._reader.staff(claims)
        self._remember(staff.sign_in_id, id_token)
        return staff

    async def sign_out(self, sign_in_id: UUID | None, *, return_to: str) -> str | None:
        """The token says who signs out; without one, as after a restart, the provider may ask."""
        id_token = self._id_tokens.pop(sign_in_id, "") if sign_in_id else ""
        ends_at = await self._provider.end_session_endpoint()
        if ends_at is None:
            return None
        asked = {"client_id": self._client_id, "post_logout_redirect_uri": return_to}
        return _with(ends_at, asked | ({"id_token_hint": id_token} if id_token else {}))

    def _remember(self, sign_in_id: UUID, id_token: str) -> None:
        if len(id_token) > _LONGEST_HINT:
            return
        if len(self._id_tokens) >= _MOST_REMEMBERED:
            self._id_tokens.pop(next(iter(self._id_tokens)))
        self._id_tokens[sign_in_id] = id_token

    async def _verified(self, id_token: str, attempt: SignInAttempt) -> Mapping[str, Any]:
        """The claims of a token that is signed, ours, of this sign-in, and strong enough."""
        described = await self._provider.description()
        required = jwt.JWTClaimsRegistry(
            leeway=_CLOCK_SKEW_S,
            iss={"essential": True, "value": described.issuer},
            aud={"essential": True, "value": self._client_id},
            nonce={"essential": True, "value": attempt.nonce},
            exp={"essential": True},
            iat={"essential": True},
        )
        token = await self._provider.signed(id_token)
        try:
            required.validate(token.claims)
        except (JoseError, ValueError) as error:
            raise SignInFailed(f"the token is not trusted: {type(error).__name__}") from None
        if wrong := self._distrusted(token):
            raise SignInFailed(wrong)
        self._require_assurance(token.claims)
        self._require_recent(token.claims, attempt)
        return token.claims

    def _distrusted(self, token: jwt.Token) -> str:
        """What is wrong with a token of the right signature, if anything."""
        if str(token.header.get("typ") or "JWT").upper() != "JWT":
            return "the token is of another type"
        if token.claims["aud"] not in (self._client_id, [self._client_id]):
            return "the token is for others too"
        if token.claims.get("azp") not in (None, self._client_id):
            return "the token was issued to somebody else"
        return ""

    def _require_assurance(self, claims: Mapping[str, Any]) -> None:
        """Raises `AssuranceTooLow`, also where any of several levels is."""
        given = claims.get("acr") or []
        levels = given if isinstance(given, list) else [given]
        if not levels:
            raise ClaimMissing("acr")
        if not all(level in self._asking.accepted_acr for level in levels):
            raise AssuranceTooLow

    def _require_recent(self, claims: Mapping[str, Any], attempt: SignInAttempt) -> None:
        asked_at = claims.get("auth_time")
        if asked_at is None:
            raise ClaimMissing("auth_time")
        try:
            asked_s = float(asked_at)
        except (TypeError, ValueError):
            raise ClaimUnreadable("auth_time") from None
        oldest = attempt.begun_at - (timedelta() if attempt.anew else self._max_age)
        if not asked_s >= oldest.timestamp() - _CLOCK_SKEW_S:
            raise SignInFailed("the person was asked too long ago")


def _with(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

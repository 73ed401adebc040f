"""Codes and tokens of the sign-in: short-lived, used once, kept in memory."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from utskick.local_1177.oidc_clients import CLIENT_ID

CODE_LASTS = timedelta(minutes=1)
TOKEN_LASTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Somebody chose who to be; the code for it can be exchanged until `expires_at`.

    `claims` are those of the ID token.
    """

    claims: dict[str, Any]
    userinfo: dict[str, Any]
    issuer: str
    redirect_uri: str
    nonce: str
    code_challenge: str
    expires_at: datetime

    def is_for(self, *, redirect_uri: str, code_verifier: str, now: datetime) -> bool:
        """Whether the caller is the one who asked (PKCE, S256)."""
        digest = hashlib.sha256(code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            now < self.expires_at
            and redirect_uri == self.redirect_uri
            and secrets.compare_digest(challenge, self.code_challenge)
        )


@dataclass
class Grants:
    _by_code: dict[str, Grant] = field(default_factory=dict)
    _by_token: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)

    @cached_property
    def _key(self) -> RSAKey:
        """A new one for every run. Made at first need: it takes a moment."""
        return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

    @property
    def public_keys(self) -> dict[str, Any]:
        return dict(KeySet([self._key]).as_dict(private=False))

    def issue_code(self, grant: Grant) -> str:
        code = secrets.token_urlsafe()
        self._by_code[code] = grant
        return code

    def redeem(self, code: str) -> Grant | None:
        """A code works once, also when it turns out to be another caller's."""
        return self._by_code.pop(code, None)

    def issue_tokens(self, grant: Grant, *, now: datetime) -> dict[str, Any]:
        access_token = secrets.token_urlsafe()
        self._by_token[access_token] = (grant, now + TOKEN_LASTS)
        claims = grant.claims | {
            "iss": grant.issuer,
            "aud": CLIENT_ID,
            "nonce": grant.nonce,
            "iat": int(now.timestamp()),
            "auth_time": int(now.timestamp()),
            "exp": int((now + TOKEN_LASTS).timestamp()),
        }
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LASTS.total_seconds()),
            "id_token": self.signed(claims),
        }

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)

    def issued(self, id_token: str, *, issuer: str) -> bool:
        """Whether it is one of ours for the client, expired or not."""
        try:
            claims = jwt.decode(id_token, self._key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return False
        return claims.get("iss") == issuer and claims.get("aud") == CLIENT_ID

    def grant_of(self, access_token: str, *, now: datetime) -> Grant | None:
        grant, expires_at = self._by_token.get(access_token, (None, now))
        return grant if now < expires_at else None

"""Who we are to an identity provider, and what proves it at its token endpoint."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from authlib.common.urls import add_params_to_qs
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from utskick.domain.starting import RefusedToStart

Method = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth"]
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"
]
Audience = Literal["token_endpoint", "issuer"]
Prepared = tuple[str, Any, str]
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LASTS_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A key of ours, which signs who we are (RFC 7523); the provider has its public half."""

    key: RSAKey | ECKey = field(repr=False)
    key_id: str = ""
    algorithm: Algorithm = "RS256"
    audience: Audience = "token_endpoint"

    def assertion(self, client_id: str, *, audience: str) -> str:
        """For a minute, and for one call."""
        now = int(time.time())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": secrets.token_urlsafe(32),
            "iat": now,
            "exp": now + _LASTS_S,
        }
        header = {"alg": self.algorithm} | ({"kid": self.key_id} if self.key_id else {})
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])


def signing_with(pem: str, *, key_id: str, algorithm: Algorithm, audience: Audience) -> Signing:
    """Raises `RefusedToStart` for a key that cannot sign so."""
    kind = ECKey if algorithm.startswith("ES") else RSAKey
    try:
        signing = Signing(
            key=kind.import_key(pem), key_id=key_id, algorithm=algorithm, audience=audience
        )
        signing.assertion("", audience="")
    except (JoseError, ValueError, TypeError):
        raise RefusedToStart(
            f"UTSKICK_SIGN_IN__SIGNING_KEY is no private key for {algorithm}: give a PEM file"
            " with one, without a password"
        ) from None
    return signing


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """`signing` is for `private_key_jwt`; of `tls_client_auth` the certificate is the proof."""

    client_id: str
    method: Method = "client_secret_basic"
    secret: str = field(default="", repr=False)
    signing: Signing | None = field(default=None, repr=False)

    def proof(self, *, issuer: str, token_endpoint: str) -> str | Callable[..., Prepared]:
        """What Authlib is to put into the call, by name or by itself."""
        if self.method == "tls_client_auth":
            return "none"  # the name and no secret: RFC 8705, 2
        if self.signing is None:
            return self.method
        audience = issuer if self.signing.audience == "issuer" else token_endpoint
        assertion = self.signing.assertion(self.client_id, audience=audience)

        def signed(_auth: object, _method: str, uri: str, headers: Any, body: Any) -> Prepared:
            proof = [
                ("client_id", self.client_id),
                ("client_assertion_type", _ASSERTION_TYPE),
                ("client_assertion", assertion),
            ]
            return uri, headers, str(add_params_to_qs(body or "", proof))

        return signed

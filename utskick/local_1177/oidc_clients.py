"""How the sign-in knows its one client: by a secret, a signature, or a certificate."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ProofMethod = Literal[
    "client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth"
]
CLIENT_ID = "utskick"
CLIENT = (CLIENT_ID, "bara-for-lokala-test")
"""The only client and its secret."""
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ["RS256", "PS256", "ES256"]


@dataclass
class KnownClient:
    """`keys` are the public ones that it has registered, for `private_key_jwt`.

    Of `tls_client_auth` the server's TLS has proved the certificate, so what counts is that the
    call came by TLS: set that method only where the server asks for one.
    """

    methods: tuple[ProofMethod, ...] = ("client_secret_basic", "client_secret_post")
    keys: Mapping[str, Any] | None = None
    _used: set[str] = field(default_factory=set)

    def proves_itself(
        self, request: Request, posted: Mapping[str, str], *, audiences: set[str], now: datetime
    ) -> bool:
        """By the one method that it uses, if that is one of ours."""
        if "client_assertion" in posted:
            return "private_key_jwt" in self.methods and self._signed(posted, audiences, now)
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return "client_secret_basic" in self.methods and _basic(encoded) == CLIENT
        if "client_secret" in posted:
            given = (posted.get("client_id", ""), posted["client_secret"])
            return "client_secret_post" in self.methods and given == CLIENT
        by_certificate = "tls_client_auth" in self.methods and request.url.scheme == "https"
        return by_certificate and posted.get("client_id") == CLIENT_ID

    def _signed(self, posted: Mapping[str, str], audiences: set[str], now: datetime) -> bool:
        """Whether it is an assertion of the client's, for us, that has not been used."""
        if posted.get("client_assertion_type") != ASSERTION_TYPE or self.keys is None:
            return False
        required = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            iss={"essential": True, "value": CLIENT_ID},
            sub={"essential": True, "value": CLIENT_ID},
            aud={"essential": True, "values": sorted(audiences)},
            exp={"essential": True},
            jti={"essential": True},
        )
        try:
            keys = KeySet.import_key_set(dict(self.keys))  # type: ignore[arg-type]  # checked there
            claims = jwt.decode(posted["client_assertion"], keys, algorithms=_ALGORITHMS).claims
            required.validate(claims)
        except (JoseError, ValueError):
            return False
        fresh = claims["jti"] not in self._used
        self._used.add(claims["jti"])
        return fresh


def _basic(encoded: str) -> tuple[str, ...]:
    try:
        return tuple(base64.b64decode(encoded, validate=True).decode().split(":", 1))
    except (binascii.Error, UnicodeDecodeError):
        return ()

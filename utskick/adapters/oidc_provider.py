"""An OpenID provider: how it describes itself, what it signs, and what it says of a person."""

import ssl
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from utskick.adapters.oidc_client import OidcClient
from utskick.domain.staff import QuestionRefused, SignInFailed
from utskick.ports import TemporaryFailure

_TIMEOUT_S = 5
_ALGORITHMS = ["RS256", "PS256", "ES256"]
_OUR_FAULT = frozenset({"invalid_client", "unauthorized_client", "invalid_request"})
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Described(BaseModel):
    """What we need of the provider's own description."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    mtls_endpoint_aliases: Mapping[str, str] = {}

    def endpoint(self, name: str, *, with_certificate: bool) -> str:
        """Whoever is known by a certificate may have another address to call (RFC 8705, 5)."""
        usual: str = getattr(self, name)
        return self.mtls_endpoint_aliases.get(name, usual) if with_certificate else usual


class OidcProvider:
    """Its description and keys are fetched when first needed."""

    def __init__(
        self, issuer: str, *, client: OidcClient, tls: ssl.SSLContext | None = None
    ) -> None:
        self.issuer = issuer.rstrip("/")
        self.client_id = client.client_id
        self._client = client
        self._by_certificate = client.method == "tls_client_auth"
        self._tls = tls
        self._described: Described | None = None
        self._keys: KeySet | None = None

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Made once, as reading all that the system trusts takes longer than a call."""
        return self._tls or httpx.create_ssl_context(trust_env=False)

    async def description(self) -> Described:
        if self._described is None:
            found = await self._fetched(f"{self.issuer}/.well-known/openid-configuration")
            try:
                described = Described.model_validate(found)
            except ValidationError:
                raise TemporaryFailure("the provider's description is not readable") from None
            if described.issuer.rstrip("/") != self.issuer:
                raise SignInFailed("the provider calls itself something else")
            self._described = described
        return self._described

    async def tokens(
        self, code: str, *, code_verifier: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        """What a code is exchanged for."""
        described = await self.description()
        endpoint = described.endpoint("token_endpoint", with_certificate=self._by_certificate)
        try:
            async with AsyncOAuth2Client(
                self._client.client_id,
                self._client.secret,
                token_endpoint_auth_method=self._client.proof(
                    issuer=described.issuer, token_endpoint=described.token_endpoint
                ),
                redirect_uri=redirect_uri,
                code_challenge_method="S256",
                timeout=_TIMEOUT_S,
                trust_env=False,
                verify=self._trust,
            ) as client:
                return dict(
                    await client.fetch_token(endpoint, code=code, code_verifier=code_verifier)
                )
        except OAuthError as error:
            if error.error in _OUR_FAULT:
                raise QuestionRefused(f"the provider refuses us: {error.error}") from None
            raise SignInFailed(f"the provider refuses the code: {error.error}") from None
        except (httpx.HTTPError, ValueError, TypeError) as error:
            # The last two: what came is no JSON, or no object.
            raise TemporaryFailure(f"the provider is away: {type(error).__name__}") from None

    async def userinfo(self, access_token: str, *, subject: object) -> Mapping[str, Any]:
        """What it says of whom the token is for: as JSON, or signed. Another's is not believed."""
        described = await self.description()
        endpoint = described.endpoint("userinfo_endpoint", with_certificate=self._by_certificate)
        if not endpoint:
            raise QuestionRefused("the provider has no userinfo: set CLAIMS_FROM to id_token")
        answer = await self._answer(endpoint, {"Authorization": f"Bearer {access_token}"})
        if not answer.is_success:
            raise SignInFailed(f"the provider gives no userinfo: {answer.status_code}")
        if answer.headers.get("content-type", "").partition(";")[0].strip() == "application/jwt":
            claims = dict((await self.signed(answer.text)).claims)
            self._require_ours(claims)
        else:
            claims = _json(answer)
        if not isinstance(claims, dict) or not subject or claims.get("sub") != subject:
            raise SignInFailed("the provider's userinfo is about somebody else")
        return claims

    async def signed(self, token: str) -> jwt.Token:
        """By the keys we know, else by the provider's newest: they are changed now and then.

        Raises `SignInFailed` for a token that is signed by none of them.
        """
        if self._keys is not None:
            try:
                return jwt.decode(token, self._keys, algorithms=_ALGORITHMS)
            except (JoseError, ValueError):
                pass
        found = await self._fetched((await self.description()).jwks_uri)
        try:
            self._keys = KeySet.import_key_set(found)
            return jwt.decode(token, self._keys, algorithms=_ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise SignInFailed(f"the token is not trusted: {type(error).__name__}") from None

    async def end_session_endpoint(self) -> str | None:
        """Only an address of the provider's own, as pages may lead nowhere else."""
        found = (await self.description()).end_session_endpoint
        try:
            ours = bool(found) and origin_of(found) == origin_of(self.issuer)
        except ValueError:
            return None
        return found if ours else None

    def _require_ours(self, claims: Mapping[str, Any]) -> None:
        ours = claims.get("aud", self.client_id) in (self.client_id, [self.client_id])
        if not ours or str(claims.get("iss", self.issuer)).rstrip("/") != self.issuer:
            raise SignInFailed("the provider's userinfo is for somebody else")

    async def _fetched(self, url: str) -> Any:
        answer = await self._answer(url, {})
        if not answer.is_success:
            raise TemporaryFailure(f"the provider is away: {answer.status_code}")
        return _json(answer)

    async def _answer(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        try:
            async with httpx.AsyncClient(
                timeout=_TIMEOUT_S, trust_env=False, verify=self._trust
            ) as client:
                answer = await client.get(url, headers=headers)
                if answer.is_server_error:
                    answer.raise_for_status()
                return answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TemporaryFailure(f"the provider is away: {type(error).__name__}") from None


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise TemporaryFailure(f"the provider is away: {type(error).__name__}") from None


def origin_of(url: str) -> tuple[str, str, int | None]:
    """The same, whether its usual port is named or not. Raises `ValueError` for no address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)

"""An OpenID provider that others have made (idpyoidc), behind a thin door of HTTP."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cryptojwt.jwk.jwk import key_from_jwk_dict
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration
from idpyoidc.server.exception import ClientAuthenticationError

LOA2 = "http://id.sambi.se/loa/loa2"
LOA3 = "http://id.sambi.se/loa/loa3"
PERSON = "karin"
_OIDC = "idpyoidc.server.oidc"
_COOKIE = ("enc", "sig")
_KEYS = [
    {"type": "RSA", "key": "", "use": ["sig"]},
    {"type": "EC", "crv": "P-256", "use": ["sig"]},
]


class IndependentProvider:
    """`known` is what it knows of the only person there, who signs in without being asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = ""
        self.known: dict[str, Any] = {}
        self.app = FastAPI()
        self.app.add_api_route("/.well-known/openid-configuration", self._describe)
        self.app.add_api_route("/jwks", self._show_keys)
        self.app.add_api_route("/authorization", self._authorize)
        self.app.add_api_route("/token", self._exchange, methods=["POST"])
        self.app.add_api_route("/userinfo", self._say_of_person)
        self.app.add_api_route("/session", self._sign_out)
        self._server: Server | None = None

    def register(self, *, redirect_uri: str, signed_out_uri: str, **changes: Any) -> None:
        """The one client, with what the provider's operators have agreed on."""
        self._op.context.cdb["utskick"] = {
            "client_id": "utskick",
            "client_secret": "sixteen-or-more-characters",
            "redirect_uris": [(redirect_uri, None)],
            "post_logout_redirect_uri": [(signed_out_uri, None)],
            "response_types_supported": ["code"],
            "allowed_scopes": ["openid", "profile", "hsa"],
        } | changes

    def register_key(self, public_key: Mapping[str, Any]) -> None:
        self._op.keyjar.add_keys("utskick", [key_from_jwk_dict(dict(public_key))])

    @property
    def _op(self) -> Server:
        if self._server is None:
            conf = OPConfiguration(self._conf(), base_path=str(self._folder))
            self._server = Server(conf, cwd=str(self._folder))
            # It takes a name there for a proof, and fails; a browser that signs out has none.
            self._server.get_endpoint("session").client_authentication = lambda *_, **__: {}
        self._server.context.userinfo.db[PERSON] = self.known
        return self._server

    def _conf(self) -> dict[str, Any]:
        def endpoint(path: str, kind: str, **kwargs: Any) -> dict[str, Any]:
            return {"path": path, "class": f"{_OIDC}.{kind}", "kwargs": kwargs}

        def shown(acr: str) -> dict[str, Any]:
            return {
                "acr": acr,
                "class": "idpyoidc.server.user_authn.user.NoAuthn",
                "kwargs": {"user": PERSON},
            }

        methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
        by_scope = {"add_claims_by_scope": True}
        return {
            "issuer": self.url,
            "key_conf": {"key_defs": _KEYS},
            "cookie_handler": {
                "class": "idpyoidc.server.cookie_handler.CookieHandler",
                "kwargs": {
                    "keys": {
                        "key_defs": [{"type": "OCT", "use": [use], "kid": use} for use in _COOKIE]
                    },
                    "name": {"session": "op", "register": "op_rp", "session_management": "op_sm"},
                },
            },
            "token_handler_args": {
                "jwks_defs": {
                    "key_defs": [{"type": "oct", "bytes": 24, "use": ["enc"], "kid": "code"}]
                },
                "code": {"kwargs": {"lifetime": 60}},
                "token": {
                    "class": "idpyoidc.server.token.jwt_token.JWTToken",
                    "kwargs": {"lifetime": 60, "aud": [self.url]},
                },
                "id_token": {
                    "class": "idpyoidc.server.token.id_token.IDToken",
                    "kwargs": by_scope,
                },
            },
            "endpoint": {
                "provider_config": endpoint(
                    ".well-known/openid-configuration",
                    "provider_config.ProviderConfiguration",
                    client_authn_method=None,
                ),
                "authorization": endpoint(
                    "authorization",
                    "authorization.Authorization",
                    client_authn_method=None,
                    claims_parameter_supported=True,
                    response_types_supported=["code"],
                ),
                "token": endpoint("token", "token.Token", client_authn_method=methods),
                "userinfo": endpoint("userinfo", "userinfo.UserInfo"),
                "end_session": endpoint(
                    "session",
                    "session.Session",
                    logout_verify_url=f"{self.url}/verify",
                    post_logout_uri_path="bye",
                    signing_alg="RS256",
                ),
            },
            "add_ons": {
                "pkce": {
                    "function": "idpyoidc.server.oauth2.add_on.pkce.add_support",
                    "kwargs": {"essential": True},
                }
            },
            "scopes_to_claims": {
                "openid": ["sub"],
                "profile": ["given_name", "family_name"],
                "hsa": ["employeeHsaId", "allCommissions"],
            },
            "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {"db": {}}},
            "authentication": {"loa3": shown(LOA3), "loa2": shown(LOA2)},
        }

    async def _describe(self) -> dict[str, Any]:
        return dict(self._op.context.provider_info) | {"jwks_uri": f"{self.url}/jwks"}

    async def _show_keys(self) -> dict[str, Any]:
        return dict(self._op.keyjar.export_jwks())

    async def _authorize(self, request: Request) -> Response:
        return self._answer("authorization", urlencode(dict(request.query_params)), request)

    async def _exchange(self, request: Request) -> Response:
        return self._answer("token", (await request.body()).decode(), request)

    async def _say_of_person(self, request: Request) -> Response:
        return self._answer("userinfo", {}, request)

    async def _sign_out(self, request: Request) -> Response:
        return self._answer("session", dict(request.query_params), request)

    def _answer(self, name: str, asked: str | dict[str, Any], request: Request) -> Response:
        """What the library makes of a request, over HTTP."""
        endpoint = self._op.get_endpoint(name)
        cookies = [{"name": key, "value": value} for key, value in request.cookies.items()]
        http_info = {
            "headers": dict(request.headers),
            "method": request.method,
            "url": str(request.url),
            "cookie": cookies,
        }
        try:
            parsed = endpoint.parse_request(asked, http_info=http_info)
        except ClientAuthenticationError:
            return Response('{"error": "invalid_client"}', 401, media_type="application/json")
        if "error" in parsed:
            return Response(parsed.to_json(), 400, media_type="application/json")
        done = endpoint.process_request(parsed, http_info=http_info)
        if "error" in done:
            return Response(json.dumps(dict(done)), 400, media_type="application/json")
        if "redirect_location" in done:
            return RedirectResponse(done["redirect_location"], 303)
        said = endpoint.do_response(request=parsed, **done)
        if name == "authorization":
            answer: Response = RedirectResponse(said["response"], 303)
        else:
            answer = Response(said["response"], headers=dict(said["http_headers"]))
        for cookie in said.get("cookie", ()):
            answer.set_cookie(cookie["name"], cookie["value"])
        return answer

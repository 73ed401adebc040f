"""Sign-in for test staff: an OpenID provider (authorization code with PKCE) with one client."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Header, Request, Response, status
from fastapi.responses import JSONResponse, RedirectResponse

from utskick.local_1177.neighbours import SharedWorld
from utskick.local_1177.oidc_clients import CLIENT_ID, KnownClient
from utskick.local_1177.oidc_grants import CODE_LASTS, Grant, Grants
from utskick.local_1177.oidc_released import LEVELS, LOA3, SCOPES, read_asked
from utskick.local_1177.oidc_settings import ProviderSettings
from utskick.local_1177.pages import render
from utskick.local_1177.staff import read_staff

router = APIRouter(prefix="/oidc", tags=["oidc"])

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
CARRIED = ("client_id", "redirect_uri", "state", "nonce", "code_challenge", "scope", "claims")
NEVER_STORED = {"Cache-Control": "no-store"}


@router.get("/.well-known/openid-configuration")
async def describe(request: Request) -> dict[str, Any]:
    issuer = _issuer(request)
    tls_url = _settings(request).tls_url
    aliases = {
        "mtls_endpoint_aliases": {
            f"{name}_endpoint": f"{tls_url}/oidc/{name}" for name in ("token", "userinfo")
        }
    }
    return (aliases if tls_url else {}) | {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "end_session_endpoint": f"{issuer}/logout",
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": list(SCOPES),
        "claims_parameter_supported": True,
        "acr_values_supported": list(LEVELS),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(_client(request).methods),
    }


@router.get("/jwks")
async def show_keys(request: Request) -> dict[str, Any]:
    return _grants(request).public_keys


@router.get("/authorize")
async def choose(request: Request, world: SharedWorld) -> Response:
    """Let a person choose which test staff to be, and in which commission."""
    asked = request.query_params
    if not _is_ours(asked):
        return _refused_page()
    read = read_asked(asked)
    if read is None or not _asks_rightly(asked):
        error = {"error": "invalid_request", "state": asked.get("state", "")}
        return _back_to(asked["redirect_uri"], error)
    return render(
        "staff.html",
        person=None,
        staff=read_staff(world.region),
        levels=LEVELS,
        picks=read.picks_commission,
        carried={name: asked.get(name, "") for name in CARRIED},
    )


@router.post("/authorize")
async def grant(request: Request, world: SharedWorld) -> Response:
    """Go back to the client with a code for what was chosen."""
    posted = {name: str(value) for name, value in (await request.form()).items()}
    acr = posted.get("acr", LOA3)
    chosen = [
        member.claims(posted.get("commission", ""), acr=acr) for member in read_staff(world.region)
    ]
    known = next((claims for claims in chosen if claims), None)
    asked = read_asked(posted)
    if known is None or asked is None or acr not in LEVELS or not _is_ours(posted):
        return _refused_page()
    if not asked.is_content_with(acr):
        refused = {
            "error": "unmet_authentication_requirements",
            "state": posted.get("state", ""),
        }
        return _back_to(posted["redirect_uri"], refused)
    many = _settings(request).many_valued
    code = _grants(request).issue_code(
        Grant(
            claims=asked.released(known, to="id_token", many=many),
            userinfo=asked.released(known, to="userinfo", many=many),
            issuer=_issuer(request),
            redirect_uri=posted["redirect_uri"],
            nonce=posted.get("nonce", ""),
            code_challenge=posted.get("code_challenge", ""),
            expires_at=world.clock() + CODE_LASTS,
        )
    )
    return _back_to(posted["redirect_uri"], {"code": code, "state": posted.get("state", "")})


@router.post("/token")
async def exchange(request: Request, world: SharedWorld) -> Response:
    posted = {name: str(value) for name, value in (await request.form()).items()}
    now = world.clock()
    if not _client(request).proves_itself(
        request, posted, audiences={_issuer(request), f"{_issuer(request)}/token"}, now=now
    ):
        return _error("invalid_client", status.HTTP_401_UNAUTHORIZED)
    if posted.get("grant_type") != "authorization_code":
        return _error("unsupported_grant_type", status.HTTP_400_BAD_REQUEST)
    grant = _grants(request).redeem(posted.get("code", ""))
    if grant is None or not grant.is_for(
        redirect_uri=posted.get("redirect_uri", ""),
        code_verifier=posted.get("code_verifier", ""),
        now=now,
    ):
        return _error("invalid_grant", status.HTTP_400_BAD_REQUEST)
    tokens = _grants(request).issue_tokens(grant, now=now)
    return JSONResponse(tokens, headers=NEVER_STORED)


@router.get("/userinfo")
async def userinfo(
    request: Request, world: SharedWorld, authorization: Annotated[str, Header()] = ""
) -> Response:
    token = authorization.removeprefix("Bearer ")
    grant = _grants(request).grant_of(token, now=world.clock())
    if grant is None:
        return _error("invalid_token", status.HTTP_401_UNAUTHORIZED)
    if _settings(request).userinfo == "signed":
        signed = _grants(request).signed(grant.userinfo | {"iss": grant.issuer, "aud": CLIENT_ID})
        return Response(signed, media_type="application/jwt", headers=NEVER_STORED)
    return JSONResponse(grant.userinfo, headers=NEVER_STORED)


@router.api_route("/logout", methods=["GET", "POST"])
async def end_session(request: Request) -> Response:
    """Sign out, and go back to the client. It remembers nobody: there is nothing to forget."""
    posted = await request.form() if request.method == "POST" else {}
    asked = {
        name: str(value) for name, value in (dict(request.query_params) | dict(posted)).items()
    }
    back = {"client_id": CLIENT_ID, "redirect_uri": asked.get("post_logout_redirect_uri", "")}
    hint = asked.get("id_token_hint")
    if not _is_ours(back) or (hint and not _grants(request).issued(hint, issuer=_issuer(request))):
        return _refused_page("Utloggningen kunde inte slutföras", "Stäng webbläsaren.")
    return RedirectResponse(back["redirect_uri"], status.HTTP_303_SEE_OTHER)


def _grants(request: Request) -> Grants:
    grants: Grants = request.app.state.grants
    return grants


def _client(request: Request) -> KnownClient:
    client: KnownClient = request.app.state.client
    return client


def _settings(request: Request) -> ProviderSettings:
    settings: ProviderSettings = request.app.state.sign_in
    return settings


def _issuer(request: Request) -> str:
    return f"{request.base_url}oidc"


def _is_ours(asked: Mapping[str, str]) -> bool:
    """Whether it is the test client, and its address on this machine."""
    address = urlsplit(asked.get("redirect_uri", ""))
    return (
        asked.get("client_id") == CLIENT_ID
        and address.scheme == "http"
        and address.hostname in LOOPBACK
    )


def _asks_rightly(asked: Mapping[str, str]) -> bool:
    return (
        asked.get("response_type") == "code"
        and "openid" in asked.get("scope", "").split()
        and asked.get("code_challenge_method") == "S256"
        and bool(asked.get("code_challenge"))
        and bool(asked.get("nonce"))
    )


def _back_to(redirect_uri: str, answer: Mapping[str, str]) -> RedirectResponse:
    separator = "&" if "?" in redirect_uri else "?"
    return RedirectResponse(
        f"{redirect_uri}{separator}{urlencode(answer)}", status.HTTP_303_SEE_OTHER
    )


def _error(error: str, status_code: int) -> JSONResponse:
    return JSONResponse({"error": error}, status_code, headers=NEVER_STORED)


def _refused_page(
    heading: str = "Inloggningen kunde inte påbörjas",
    advice: str = "Gå tillbaka till systemet som du kom från och försök logga in igen.",
) -> Response:
    return render(
        "error.html",
        status_code=status.HTTP_400_BAD_REQUEST,
        person=None,
        heading=heading,
        advice=advice,
    )

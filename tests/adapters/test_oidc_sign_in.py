"""Signing in with a real OpenID provider: the local 1177's."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from joserfc.util import urlsafe_b64encode

from config.settings import Settings, SignInSettings
from tests.local_1177.conftest import Local, served
from tests.local_1177.region import STAFF, UNIT
from utskick.adapters.oidc_provider import origin_of
from utskick.adapters.oidc_sign_in import OidcSignIn
from utskick.domain.staff import (
    AssuranceTooLow,
    ClaimMissing,
    ClaimUnreadable,
    QuestionRefused,
    SignInAttempt,
    SignInFailed,
    StaffClaims,
)
from utskick.ports import TemporaryFailure
from utskick.wiring.neighbours import tls_contexts
from utskick.wiring.sign_in import sign_in_of

BACK = "http://127.0.0.1:9/logga-in/klar"
LOA3 = "http://id.sambi.se/loa/loa3"
MEMBER: Any = STAFF[0]
COMMISSION = MEMBER["commissions"][0]


def sign_in_at(url: str, **changes: Any) -> OidcSignIn:
    """As the settings say, and as it is wired."""
    chosen = {"issuer": f"{url}/oidc", "accepted_acr": (LOA3,)} | changes
    settings = Settings(_env_file=None, sign_in=SignInSettings(**chosen))
    return sign_in_of(settings.sign_in, tls_contexts(settings)["sign_in"])


@pytest.fixture
def provider(local: Local) -> Local:
    # What is signed now is believed for an hour, by the real clock.
    local.now = datetime.now(UTC)
    return local


async def choose(url: str) -> str:
    """What a person does at the provider: the code that the browser comes back with."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    async with httpx.AsyncClient() as browser:
        page = url.split("?", maxsplit=1)[0]
        assert (await browser.get(url)).status_code == 200
        posted = asked | {"commission": COMMISSION["commission_hsa_id"]}
        answer = await browser.post(page, data=posted)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == [asked["state"]]
    return back["code"][0]


async def signed_in(sign_in: OidcSignIn) -> tuple[str, SignInAttempt]:
    url, attempt = await sign_in.begin(
        redirect_uri=BACK, return_to="/paketutskick", now=datetime.now(UTC)
    )
    return await choose(url), attempt


@pytest.mark.parametrize("stolen", ["nonce", "code_verifier"])
async def test_an_answer_to_another_sign_in_is_not_believed(provider: Local, stolen: str) -> None:
    sign_in = sign_in_at(provider.url)
    code, attempt = await signed_in(sign_in)
    other = replace(attempt, **{stolen: "x" * 64})  # type: ignore[arg-type]  # both are texts

    with pytest.raises(SignInFailed):
        await sign_in.finish(code, attempt=other, redirect_uri=BACK)


async def test_a_level_of_assurance_that_is_too_low_lets_nobody_in(provider: Local) -> None:
    sign_in = sign_in_at(
        provider.url, accepted_acr=["http://id.sambi.se/loa/loa4"], acr_asked_by="nothing"
    )
    code, attempt = await signed_in(sign_in)

    with pytest.raises(SignInFailed, match="assurance"):
        await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)


async def test_a_token_that_has_expired_is_not_believed(provider: Local) -> None:
    provider.now = datetime.now(UTC) - timedelta(hours=2)
    sign_in = sign_in_at(provider.url)
    code, attempt = await signed_in(sign_in)

    with pytest.raises(SignInFailed, match="Expired"):
        await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)


async def test_a_provider_with_new_keys_is_believed(provider: Local) -> None:
    sign_in = sign_in_at(provider.url)
    code, attempt = await signed_in(sign_in)
    # A key set that knows nothing of the provider's present key.
    sign_in._provider._keys = KeySet([])  # noqa: SLF001

    claims = await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)

    assert claims.staff_id == MEMBER["employee_hsa_id"]


async def test_a_wrong_secret_lets_nobody_in(provider: Local) -> None:
    sign_in = sign_in_at(provider.url, client_secret="wrong")
    code, attempt = await signed_in(sign_in)

    with pytest.raises(SignInFailed, match="invalid_client"):
        await sign_in.finish(code, attempt=attempt, redirect_uri=BACK)


class Impostor:
    """A provider that signs whatever a test wants to see refused."""

    def __init__(self) -> None:
        self.url = ""
        self.key = RSAKey.generate_key(2048, auto_kid=True)
        self.reset()
        self.app = FastAPI()
        self.app.add_api_route("/oidc/.well-known/openid-configuration", self._describe)
        self.app.add_api_route("/oidc/jwks", self._show_keys)
        self.app.add_api_route("/oidc/token", self._exchange, methods=["POST"])
        self.app.add_api_route("/oidc/userinfo", self._says_of_person)

    def reset(self) -> None:
        """An honest one."""
        self.calls_itself = ""
        self.header: dict[str, Any] = {"alg": "RS256", "kid": self.key.kid}
        self.signs_with: Any = self.key
        self.changes: dict[str, Any] = {}
        self.describes: dict[str, str] = {}
        self.tokens: Any = None
        self.userinfo: Any = None
        self.userinfo_status = 200
        self.nonce = ""

    def _describe(self) -> dict[str, str]:
        issuer = f"{self.url}/oidc"
        return {
            "issuer": self.calls_itself or issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "userinfo_endpoint": f"{issuer}/userinfo",
        } | self.describes

    def _says_of_person(self) -> Response:
        if isinstance(self.userinfo, str):
            return Response(self.userinfo, self.userinfo_status, media_type="application/jwt")
        return JSONResponse(self.userinfo, self.userinfo_status)

    def _show_keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))

    def _exchange(self) -> Any:
        if self.tokens is not None:
            return self.tokens
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": f"{self.url}/oidc",
            "aud": "utskick",
            "sub": "42",
            "nonce": self.nonce,
            "iat": now,
            "exp": now + 3600,
            "acr": LOA3,
            "auth_time": now,
            "employeeHsaId": MEMBER["employee_hsa_id"],
        }
        given = {
            name: value for name, value in (claims | self.changes).items() if value is not None
        }
        return {"token_type": "Bearer", "access_token": "x", "id_token": self.signed(given)}

    def signed(self, claims: dict[str, Any]) -> str:
        if self.header["alg"] == "none":
            parts = (json.dumps(part).encode() for part in (self.header, claims))
            return ".".join(urlsafe_b64encode(part).decode() for part in parts) + "."
        return jwt.encode(self.header, claims, self.signs_with, algorithms=[self.header["alg"]])

    async def sign_in(self, *, anew: bool = False, **settings: Any) -> StaffClaims:
        return await self.sign_in_with(sign_in_at(self.url, **settings), anew=anew)

    async def sign_in_with(self, adapter: OidcSignIn, *, anew: bool = False) -> StaffClaims:
        _, attempt = await adapter.begin(
            redirect_uri=BACK, return_to="/", anew=anew, now=datetime.now(UTC)
        )
        self.nonce = attempt.nonce
        return await adapter.finish("a-code", attempt=attempt, redirect_uri=BACK)


@pytest.fixture(scope="module")
def served_impostor() -> Iterator[Impostor]:
    made = Impostor()
    with served(made.app) as made.url:
        yield made


@pytest.fixture
def impostor(served_impostor: Impostor) -> Impostor:
    served_impostor.reset()
    return served_impostor


async def test_a_token_that_is_right_in_all_is_believed(impostor: Impostor) -> None:
    claims = await impostor.sign_in()

    assert claims.staff_id == MEMBER["employee_hsa_id"]
    assert claims.commissions == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "http://elsewhere.example/oidc"},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"nonce": "another-nonce"},
        {"exp": 1},
        {"iat": 4_000_000_000},
        {"acr": "http://id.sambi.se/loa/loa2"},
        {"employeeHsaId": ""},
        {"employeeHsaId": "karin"},
        {"employeeHsaId": "19121212-1212"},
        {"employeeHsaId": ["SE2321000131-P000000000201", "SE2321000131-P000000000202"]},
        {"employeeHsaId": {"value": "SE2321000131-P000000000201"}},
        {"aud": ["utskick", "another-client"]},
        {"aud": ["utskick", "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"auth_time": int(datetime.now(UTC).timestamp()) - 10 * 24 * 3600},
        {"auth_time": "yesterday"},
        *(
            {name: None}
            for name in ("iss", "aud", "nonce", "exp", "iat", "acr", "auth_time", "employeeHsaId")
        ),
    ],
    ids=str,
)
async def test_a_token_that_says_something_else_is_not_believed(
    impostor: Impostor, changes: dict[str, Any]
) -> None:
    impostor.changes = changes

    with pytest.raises(SignInFailed):
        await impostor.sign_in()


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"acr": None}, ClaimMissing, "acr"),
        ({"acr": []}, ClaimMissing, "acr"),
        ({"acr": "http://id.sambi.se/loa/loa2"}, AssuranceTooLow, "level of assurance"),
        ({"acr": [LOA3, "http://id.sambi.se/loa/loa2"]}, AssuranceTooLow, "level of assurance"),
        ({"acr": {"value": LOA3}}, AssuranceTooLow, "level of assurance"),
        ({"auth_time": None}, ClaimMissing, "auth_time"),
        ({"auth_time": "yesterday"}, ClaimUnreadable, "auth_time"),
        ({"employeeHsaId": None}, ClaimMissing, "employeeHsaId"),
    ],
    ids=str,
)
async def test_what_a_token_lacks_is_named(
    impostor: Impostor, changes: dict[str, Any], error: type[SignInFailed], says: str
) -> None:
    impostor.changes = changes

    with pytest.raises(error, match=says):
        await impostor.sign_in()


async def test_a_level_or_a_time_may_be_in_a_list_or_a_text(impostor: Impostor) -> None:
    impostor.changes = {
        "acr": [LOA3],
        "auth_time": f"{datetime.now(UTC).timestamp():.0f}",
        "employeeHsaId": [MEMBER["employee_hsa_id"]],
    }

    assert (await impostor.sign_in()).staff_id == MEMBER["employee_hsa_id"]


PERSON = {"sub": "42", "employeeHsaId": MEMBER["employee_hsa_id"], "acr": "loa9"}


async def test_userinfo_adds_to_the_token_and_changes_nothing_of_it(impostor: Impostor) -> None:
    impostor.changes = {"employeeHsaId": None, "family_name": "Sandberg"}
    impostor.userinfo = PERSON | {"given_name": "Karin", "family_name": "Berg", "auth_time": 1}

    claims = await impostor.sign_in(claims_from="userinfo")

    assert (claims.staff_id, claims.name) == (MEMBER["employee_hsa_id"], "Karin Sandberg")


@pytest.mark.parametrize(
    "userinfo",
    [
        PERSON | {"sub": "43"},
        {name: value for name, value in PERSON.items() if name != "sub"},
        ["no object"],
        None,
        "no token",
    ],
    ids=str,
)
async def test_userinfo_about_somebody_else_is_not_believed(
    impostor: Impostor, userinfo: object
) -> None:
    impostor.userinfo = userinfo

    with pytest.raises(SignInFailed):
        await impostor.sign_in(claims_from="userinfo")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-client"},
        {"aud": ["utskick", "another-client"]},
        {"iss": "http://elsewhere.example/oidc"},
        {"sub": "43"},
    ],
    ids=str,
)
async def test_signed_userinfo_for_somebody_else_is_not_believed(
    impostor: Impostor, changes: dict[str, Any]
) -> None:
    impostor.userinfo = impostor.signed(PERSON | changes)

    with pytest.raises(SignInFailed, match="somebody else"):
        await impostor.sign_in(claims_from="userinfo")


async def test_userinfo_without_a_subject_in_the_token_is_not_believed(
    impostor: Impostor,
) -> None:
    impostor.changes = {"sub": None}
    impostor.userinfo = PERSON | {"sub": None}

    with pytest.raises(SignInFailed, match="somebody else"):
        await impostor.sign_in(claims_from="userinfo")


async def test_a_provider_without_userinfo_is_a_matter_of_settings(impostor: Impostor) -> None:
    impostor.describes["userinfo_endpoint"] = ""

    with pytest.raises(QuestionRefused, match="set CLAIMS_FROM"):
        await impostor.sign_in(claims_from="userinfo")


@pytest.mark.parametrize("tokens", [[], ["id_token"], 7, "tokens"], ids=str)
async def test_tokens_of_no_shape_can_be_tried_again(impostor: Impostor, tokens: object) -> None:
    impostor.tokens = tokens

    with pytest.raises((TemporaryFailure, SignInFailed)):
        await impostor.sign_in()


@pytest.mark.parametrize(
    ("status", "error"), [(401, SignInFailed), (403, SignInFailed), (503, TemporaryFailure)]
)
async def test_userinfo_that_is_not_given_lets_nobody_in(
    impostor: Impostor, status: int, error: type[Exception]
) -> None:
    impostor.userinfo, impostor.userinfo_status = PERSON, status

    with pytest.raises(error, match=str(status) if status < 500 else "away"):
        await impostor.sign_in(claims_from="userinfo")


@pytest.mark.parametrize("kind", ["at+jwt", "logout+jwt", "secevent+jwt"])
async def test_a_token_of_another_type_is_not_believed(impostor: Impostor, kind: str) -> None:
    impostor.header["typ"] = kind

    with pytest.raises(SignInFailed, match="type"):
        await impostor.sign_in()


async def test_who_is_asked_anew_was_asked_just_now(impostor: Impostor) -> None:
    impostor.changes = {"auth_time": int(datetime.now(UTC).timestamp()) - 600}

    assert await impostor.sign_in()
    with pytest.raises(SignInFailed, match="too long ago"):
        await impostor.sign_in(anew=True)


SOUND = {
    "commissionHsaId": "U2",
    "commissionPurpose": "Vård och behandling",
    "healthCareUnitHsaId": UNIT,
    "startDate": "",
}
ODD: list[Any] = [
    "not even an object",
    {},
    {"commissionHsaId": "U1"},
    {"commissionHsaId": "U1", "healthCareUnitHsaId": UNIT},
    {**SOUND, "healthCareUnitHsaId": "19121212-1212"},
    {**SOUND, "startDate": "i våras"},
    {**SOUND, "commissionName": ["Jour", "Dag"]},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
async def test_an_odd_commission_keeps_nobody_from_the_others(
    impostor: Impostor, caplog: pytest.LogCaptureFixture, odd: Any
) -> None:
    impostor.changes = {"allCommissions": [odd, SOUND], "systemRoles": [None, "UTSKICK;Logg"]}

    claims = await impostor.sign_in()

    assert [each.hsa_id for each in claims.commissions] == ["U2"]
    assert claims.system_roles == ("UTSKICK;Logg",)
    [line] = caplog.messages
    assert line.startswith("Passed over 1 commissions for their ")


async def test_a_name_turns_no_line_around(impostor: Impostor) -> None:
    impostor.changes = {
        "given_name": "Ka\u202erin\u0007",
        "family_name": "San\u2028d\r\nberg\u2066",
    }

    claims = await impostor.sign_in()

    assert claims.name == "Karin San d berg"


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/logout",
        "https://elsewhere.example:x/logout",
        "https://elsewhere.example:99999/logout",
        "https://[elsewhere/logout",
    ],
)
async def test_a_provider_elsewhere_or_nowhere_signs_nobody_out(
    impostor: Impostor, address: str
) -> None:
    impostor.describes["end_session_endpoint"] = address

    assert await sign_in_at(impostor.url).sign_out(None, return_to=BACK) is None


@pytest.mark.parametrize("length", [10, 5000])
async def test_a_token_that_is_too_long_for_an_address_stays_out_of_it(
    impostor: Impostor, length: int
) -> None:
    impostor.describes["end_session_endpoint"] = f"{impostor.url}/logout"
    impostor.changes = {"family_name": "A" * length}
    adapter = sign_in_at(impostor.url)
    claims = await impostor.sign_in_with(adapter)

    onwards = await adapter.sign_out(claims.sign_in_id, return_to=BACK)

    assert onwards is not None
    assert ("id_token_hint" in onwards) is (length < 1000)
    assert "client_id=utskick" in onwards


@pytest.mark.parametrize(
    ("issuer", "address", "same"),
    [
        ("https://idp.example/oidc", "https://idp.example:443/oidc/logout", True),
        ("https://idp.example:443/oidc", "https://idp.example/logout", True),
        ("https://idp.example/oidc", "https://idp.example:8443/logout", False),
        ("https://idp.example/oidc", "http://idp.example/logout", False),
    ],
)
def test_a_port_that_is_said_or_not_is_the_same_provider(
    issuer: str, address: str, *, same: bool
) -> None:
    assert (origin_of(issuer) == origin_of(address)) is same


async def test_to_begin_a_sign_in_costs_next_to_nothing(impostor: Impostor) -> None:
    adapter = sign_in_at(impostor.url)
    await adapter.begin(redirect_uri=BACK, return_to="/", now=datetime.now(UTC))

    begun_s = time.thread_time()
    for _ in range(50):
        await adapter.begin(redirect_uri=BACK, return_to="/", now=datetime.now(UTC))

    assert time.thread_time() - begun_s < 50 * 0.005, "with a client each it was 0.041 s"


async def test_a_token_signed_with_another_key_is_not_believed(impostor: Impostor) -> None:
    impostor.signs_with = RSAKey.generate_key(2048)

    with pytest.raises(SignInFailed):
        await impostor.sign_in()


async def test_a_token_without_a_signature_is_not_believed(impostor: Impostor) -> None:
    impostor.header = {"alg": "none"}

    with pytest.raises(SignInFailed):
        await impostor.sign_in()


async def test_a_token_sealed_with_a_shared_secret_is_not_believed(impostor: Impostor) -> None:
    impostor.header = {"alg": "HS256"}
    impostor.signs_with = OctKey.import_key("bara-for-lokala-test")

    with pytest.raises(SignInFailed):
        await impostor.sign_in()


async def test_a_provider_that_calls_itself_something_else_is_not_believed(
    impostor: Impostor,
) -> None:
    impostor.calls_itself = "http://elsewhere.example/oidc"

    with pytest.raises(SignInFailed, match="something else"):
        await impostor.sign_in()

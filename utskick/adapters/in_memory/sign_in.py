"""An identity provider in memory: whoever `knows` says signs in."""

import secrets
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from utskick.adapters.in_memory.failures import Failures
from utskick.domain.staff import SignInAttempt, SignInFailed, StaffClaims


class InMemorySignIn:
    """A `SignIn`. `knows` maps a code to who comes with it; each code works once."""

    def __init__(self) -> None:
        self.knows: dict[str, StaffClaims] = {}
        self.signed_in: set[UUID | None] = set()
        self.fails_with = Failures()

    async def begin(
        self, *, redirect_uri: str, return_to: str, anew: bool = False, now: datetime
    ) -> tuple[str, SignInAttempt]:
        self.fails_with.strike()
        attempt = SignInAttempt(
            state=secrets.token_urlsafe(),
            nonce=secrets.token_urlsafe(),
            code_verifier=secrets.token_urlsafe(),
            return_to=return_to,
            begun_at=now,
            anew=anew,
        )
        asked = urlencode(
            {"state": attempt.state, "redirect_uri": redirect_uri}
            | ({"prompt": "login"} if anew else {})
        )
        return f"https://idp.example/authorize?{asked}", attempt

    async def finish(self, code: str, *, attempt: SignInAttempt, redirect_uri: str) -> StaffClaims:
        del attempt, redirect_uri
        self.fails_with.strike()
        if code not in self.knows:
            raise SignInFailed("unknown code")
        claims = self.knows.pop(code)
        self.signed_in.add(claims.sign_in_id)
        return claims

    async def sign_out(self, sign_in_id: UUID | None, *, return_to: str) -> str | None:
        self.fails_with.strike()
        hint = {"id_token_hint": f"{sign_in_id}"} if sign_in_id in self.signed_in else {}
        self.signed_in.discard(sign_in_id)
        asked = urlencode({"post_logout_redirect_uri": return_to} | hint)
        return f"https://idp.example/logout?{asked}"

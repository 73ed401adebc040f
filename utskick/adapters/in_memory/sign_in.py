"""An identity provider in memory: whoever `knows` says signs in."""

import secrets
from urllib.parse import urlencode

from utskick.adapters.in_memory.failures import Failures
from utskick.domain.staff import SignInAttempt, SignInFailed, StaffClaims


class InMemorySignIn:
    """A `SignIn`. `knows` maps a code to who comes with it; each code works once."""

    def __init__(self) -> None:
        self.knows: dict[str, StaffClaims] = {}
        self.fails_with = Failures()

    async def begin(self, *, redirect_uri: str, return_to: str) -> tuple[str, SignInAttempt]:
        self.fails_with.strike()
        attempt = SignInAttempt(
            state=secrets.token_urlsafe(),
            nonce=secrets.token_urlsafe(),
            code_verifier=secrets.token_urlsafe(),
            return_to=return_to,
        )
        asked = urlencode({"state": attempt.state, "redirect_uri": redirect_uri})
        return f"https://idp.example/authorize?{asked}", attempt

    async def finish(self, code: str, *, attempt: SignInAttempt, redirect_uri: str) -> StaffClaims:
        del attempt, redirect_uri
        self.fails_with.strike()
        if code not in self.knows:
            raise SignInFailed("unknown code")
        return self.knows.pop(code)

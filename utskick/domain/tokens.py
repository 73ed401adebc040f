"""Keys (nycklar) to REST: made by the administration, and confirmed by the unit's manager."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from utskick.domain.errors import UtskickError
from utskick.domain.units import Actor, HsaId

LASTS = timedelta(days=365)
LONGEST = timedelta(days=2 * 365)


class Scope(StrEnum):
    """What a key is for: to start dispatches and decide about them, to read of them, or visits."""

    START = "start"
    READ = "read"
    VISITS = "visits"


SCOPE_LABELS = {
    Scope.START: "Starta och styra",
    Scope.READ: "Läsa",
    Scope.VISITS: "Besök",
}
_NOT_ALLOWED = {
    Scope.START: "starta och styra utskick",
    Scope.READ: "läsa om utskick",
    Scope.VISITS: "lägga till, flytta och avboka besök",
}


class TokenState(StrEnum):
    """As staff read it."""

    AWAITED = "Väntar på bekräftelse"
    VALID = "Gäller"
    EXPIRED = "Har gått ut"
    REVOKED = "Återkallad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of a key after it has been shown."""

    name: str
    unit_id: HsaId
    scopes: frozenset[Scope]
    created_at: datetime
    created_by: str
    expires_at: datetime
    confirmed_at: datetime | None = None
    confirmed_by: str = ""
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    id: str = ""
    """Its own alone, whatever it is called; says nothing of what opens. Given when it is kept."""

    @property
    def scopes_in_words(self) -> str:
        return ", ".join(label for scope, label in SCOPE_LABELS.items() if scope in self.scopes)

    def state(self, *, now: datetime) -> TokenState:
        if self.revoked_at is not None:
            return TokenState.REVOKED
        if self.expires_at <= now:
            return TokenState.EXPIRED
        return TokenState.AWAITED if self.confirmed_at is None else TokenState.VALID

    def check_confirmable(self, *, by: str, now: datetime) -> None:
        """Raise `NotAwaited`, or `OwnToken`: two persons stand behind each key."""
        if self.state(now=now) is not TokenState.AWAITED:
            raise NotAwaited
        if by == self.created_by:
            raise OwnToken

    def admit(self, scope: Scope, *, now: datetime) -> Actor:
        """Who calls. Raises `UnconfirmedToken`, `ExpiredToken` or `OutOfScope`."""
        match self.state(now=now):
            case TokenState.AWAITED:
                raise UnconfirmedToken
            case TokenState.EXPIRED:
                raise ExpiredToken
            case _:
                if scope not in self.scopes:
                    raise OutOfScope(scope)
        return Actor.with_token(self.name, self.unit_id)


class TokenRefused(UtskickError):
    """A key of ours that opens nothing now."""


class UnconfirmedToken(TokenRefused):
    def __init__(self) -> None:
        super().__init__("the token has not been confirmed")
        self.staff_message = (
            "Nyckeln är inte bekräftad än. Enhetens chef bekräftar den under Nycklar i Utskick."
        )


class ExpiredToken(TokenRefused):
    def __init__(self) -> None:
        super().__init__("the token has expired")
        self.staff_message = (
            "Nyckeln har gått ut. Be den regionala förvaltningen om en ny nyckel för enheten."
        )


class NotConfirmed(UtskickError):
    """Nothing was let in: look again at what there is."""


class NotAwaited(NotConfirmed):
    """The very key that was shown is gone, or has been confirmed."""

    def __init__(self) -> None:
        super().__init__("the token is not waiting to be confirmed")
        self.staff_message = (
            "Nyckeln som du såg väntar inte längre på att bekräftas, så inget är ändrat. Läs nedan"
            " vad enhetens nycklar får göra nu, och bekräfta bara den som systemet ska ha."
        )


class OwnToken(NotConfirmed):
    def __init__(self) -> None:
        super().__init__("whoever made the token may not confirm it")
        self.staff_message = (
            "Du har själv skapat nyckeln, så någon annan behöver bekräfta den."
            " Be en annan chef för enheten att göra det."
        )


class OutOfScope(UtskickError):
    """The key is good, but not for this."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"the token may not {scope.value}")
        self.staff_message = (
            f"Nyckeln får inte användas till att {_NOT_ALLOWED[scope]}. Be den regionala"
            " förvaltningen om en nyckel som får det."
        )

"""Staff (vårdpersonal): who they are, and in which commissions (medarbetaruppdrag) they act."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from utskick.domain.errors import UtskickError
from utskick.domain.rights import ProvidedRight
from utskick.domain.units import HsaId


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """Right to act at a unit, for a purpose, between two dates; an open end is `None`."""

    hsa_id: str
    name: str
    purpose: str
    unit_id: HsaId
    unit_name: str
    starts_on: date | None = None
    ends_on: date | None = None

    def valid(self, *, purposes: Collection[str], today: date) -> bool:
        """Manual: "det ska stå "Vård och behandling" i kolumnen Syfte". Case does not matter."""
        fits = self.purpose.strip().casefold() in {purpose.casefold() for purpose in purposes}
        return fits and self.runs_on(today)

    def runs_on(self, day: date) -> bool:
        """Both dates are its own."""
        return (self.starts_on is None or self.starts_on <= day) and (
            self.ends_on is None or day <= self.ends_on
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """A sign-in under way. `return_to` is the page that was asked for.

    `anew`: the provider must ask who it is, even of somebody it knows already.
    """

    state: str
    nonce: str
    code_verifier: str
    return_to: str
    begun_at: datetime
    anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffClaims:
    """What the identity provider says of somebody who has signed in.

    `picked` is the commission that was chosen there, if any; with `only_picked` it is all that
    the provider gives. `without` is the claim that should have held commissions and held none.
    `sign_in_id` names this very sign-in, for the sign-out.
    """

    staff_id: str
    name: str
    commissions: tuple[Commission, ...]
    picked: str | None
    system_roles: tuple[str, ...]
    only_picked: bool = False
    without: str = ""
    sign_in_id: UUID = field(default_factory=uuid4, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """Somebody signed in. `unit_id` is `None` until a unit has been chosen.

    `commissions` are all that the identity provider gave, and `provided` what its system roles
    give; each request checks again that a commission for the chosen unit is valid, and which
    rights have been granted here. `place` is where: a browser and its address; `signed_in_at` is
    known of a session that is kept.
    """

    staff_id: str
    name: str
    commissions: tuple[Commission, ...]
    unit_id: HsaId | None
    provided: frozenset[ProvidedRight] = frozenset()
    id: UUID = field(default_factory=uuid4, compare=False)
    place: str = ""
    signed_in_at: datetime | None = field(default=None, compare=False)

    def commissioned(self, *, purposes: Collection[str], today: date) -> frozenset[HsaId]:
        """The units for which a commission holds."""
        return frozenset(
            commission.unit_id
            for commission in self.commissions
            if commission.valid(purposes=purposes, today=today)
        )


class SignInFailed(UtskickError):
    """The identity provider said no, or something that cannot be trusted."""

    staff_message = (
        "Inloggningen kunde inte slutföras. Kontrollera att kortet sitter i och försök igen."
    )

    def __init__(self, reason: str) -> None:
        super().__init__(f"sign-in failed: {reason}")


class ClaimMissing(SignInFailed):
    """The identity provider left out something that nobody gets in without."""

    def __init__(self, claim: str) -> None:
        super().__init__(f"the provider gave no {claim}")
        self.claim = claim
        self.staff_message = (
            f"Inloggningstjänsten lämnade inte uppgiften {claim}, som Utskick behöver. Kontakta"
            " it-supporten och säg vilken uppgift som saknas."
        )


class ClaimUnreadable(SignInFailed):
    """The identity provider gave something in a shape that we do not know."""

    def __init__(self, claim: str) -> None:
        super().__init__(f"the provider's {claim} cannot be read")
        self.claim = claim
        self.staff_message = (
            f"Inloggningstjänsten lämnade uppgiften {claim} på ett sätt som Utskick inte kan läsa."
            " Kontakta it-supporten och säg vilken uppgift det gäller."
        )


class AssuranceTooLow(SignInFailed):
    """The person showed who they are in a way that is not safe enough (tillitsnivå)."""

    staff_message = (
        "Du loggade in med en legitimation som har för låg tillitsnivå för Utskick. Logga in igen"
        " med ditt ordinarie SITHS-kort, eller med SITHS eID i mobilen. Reservkort räcker inte."
    )

    def __init__(self) -> None:
        super().__init__("the level of assurance is not accepted")


class QuestionRefused(SignInFailed):
    """The identity provider does not accept what we ask: settings, or our agreement."""

    staff_message = (
        "Inloggningstjänsten tog inte emot Utskicks fråga, så ingen kan logga in just nu. Kontakta"
        " it-supporten och säg att Utskicks anslutning till inloggningstjänsten behöver ses över."
    )


class SignInBrokenOff(UtskickError):
    """Somebody went away from the identity provider, or came here without having been there."""

    staff_message = "Inloggningen avbröts. Försök igen."

    def __init__(self) -> None:
        super().__init__("broken off")


class SignInFromElsewhere(UtskickError):
    """Another browser began this sign-in, or it has been used."""

    def __init__(self) -> None:
        super().__init__("the sign-in was begun by another browser, or has been used")
        self.staff_message = "Inloggningen påbörjades någon annanstans. Försök igen härifrån."


class SignInTooLate(UtskickError):
    """The sign-in was begun too long ago."""

    def __init__(self) -> None:
        super().__init__("the sign-in was begun too long ago")
        self.staff_message = "Inloggningen tog för lång tid. Försök igen."


class NoCommission(UtskickError):
    """Signed in, but without a commission that gives a right to send forms."""

    def __init__(self, purposes: Collection[str]) -> None:
        super().__init__("no valid commission with a right purpose")
        wanted = " eller ".join(f"”{purpose}”" for purpose in purposes)
        self.staff_message = (
            f"Du har inget pågående medarbetaruppdrag med syftet {wanted} för en enhet som är"
            " ansluten till Utskick. Den som sköter HSA på din arbetsplats kan lägga till det."
        )


class NoCommissionGiven(UtskickError):
    """Signed in, but the provider gave no commission at all: it may be that nobody asked."""

    def __init__(self, claim: str) -> None:
        super().__init__(f"the provider gave no commission that can be read ({claim})")
        self.staff_message = (
            "Inloggningstjänsten lämnade inget medarbetaruppdrag för dig. Den som sköter HSA på"
            " din arbetsplats kan se om du har något. Om du har det: kontakta it-supporten och säg"
            f" att uppgiften {claim} saknas."
        )


class PickedCommissionUnfit(UtskickError):
    """The commission that was chosen at the identity provider gives no right to send forms."""

    def __init__(self, why: str) -> None:
        super().__init__("the commission that was chosen at the provider gives no right")
        self.staff_message = (
            f"Uppdraget som du valde när du loggade in går inte att använda. {why} Logga in igen"
            " och välj ett annat uppdrag."
        )


class NotSignedIn(UtskickError):
    """Nobody is signed in, or it was too long ago."""

    def __init__(self) -> None:
        super().__init__("not signed in, or the session has ended")
        self.staff_message = "Du är inte inloggad längre. Logga in igen, så kan du fortsätta."


class UnitChoiceNeeded(UtskickError):
    """Signed in, but no unit has been chosen yet."""

    def __init__(self) -> None:
        super().__init__("no unit has been chosen")
        self.staff_message = "Välj den enhet som du ska arbeta med."


class CommissionEnded(UtskickError):
    """The commission for the chosen unit has ended, or the unit has been withdrawn."""

    def __init__(self, unit_name: str) -> None:
        super().__init__("the commission has ended or the unit has been withdrawn")
        self.staff_message = (
            f"Du har loggats ut: du har inte längre något uppdrag för {unit_name} i Utskick."
            " Logga in igen, eller kontakta din chef om det inte stämmer."
        )

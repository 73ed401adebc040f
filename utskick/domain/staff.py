"""Staff (vårdpersonal): who they are, and in which commissions (medarbetaruppdrag) they act."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from utskick.domain.errors import UtskickError
from utskick.domain.units import HsaId


class Role(StrEnum):
    """What a person may do beyond sending forms; from the system roles that HSA gives."""

    MANAGER = "manager"
    """Of one unit: reads its access log, and confirms its systems' keys."""
    ADMINISTRATOR = "administrator"
    """The regional administration: units, form templates, packages, punctuality."""


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

    `picked` is the commission that was chosen there, if any. `sign_in_id` names this very
    sign-in, for the sign-out.
    """

    staff_id: str
    name: str
    commissions: tuple[Commission, ...]
    picked: str | None
    system_roles: tuple[str, ...]
    sign_in_id: UUID = field(default_factory=uuid4, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """Somebody signed in. `unit_id` is `None` until a unit has been chosen.

    `commissions` are all that the identity provider gave; each request checks again that the
    one for the chosen unit is valid. `manages` are the units whose manager they are; all other
    roles are in `roles`. `place` is where: a browser and its address.
    """

    staff_id: str
    name: str
    commissions: tuple[Commission, ...]
    roles: frozenset[Role]
    unit_id: HsaId | None
    manages: frozenset[HsaId] = frozenset()
    id: UUID = field(default_factory=uuid4, compare=False)
    place: str = ""

    def has(self, role: Role) -> bool:
        """Whether the role is theirs, for the chosen unit if it is of a unit."""
        return self.unit_id in self.manages if role is Role.MANAGER else role in self.roles


class SignInFailed(UtskickError):
    """The identity provider said no, or something that cannot be trusted."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"sign-in failed: {reason}")
        self.staff_message = (
            "Inloggningen kunde inte slutföras. Kontrollera att kortet sitter i och försök igen."
        )


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


class NotAllowed(UtskickError):
    """Signed in, but the role that this needs is not there."""

    def __init__(self) -> None:
        super().__init__("the role that this needs is missing")
        self.staff_message = (
            "Du har inte behörighet till den här sidan. Den som ger behörigheter i HSA på din"
            " arbetsplats kan ändra det."
        )

"""Everything that can go wrong by the rules of the domain.

UtskickError
├── NotFound             an id that is not there, or belongs to another unit
├── UnknownToken         a call without a valid token of the unit
├── SpecRefused          a dispatch spec with problems: all of them, each with its place
├── StartBlocked         archived forms, shared forms without a subscription, a withdrawn unit
├── WrongStatus          the action does not fit the dispatch's or the occasion's status
│   └── AwaitsApproval   a colleague must approve the dispatch first
├── LastRecipient        the only recipient cannot be removed
├── OccasionPassed       too late to restart
├── NothingAhead         no occasion is left to restart with
├── KeyReused            a submission's key, given again with other content
├── AlreadyEnded         this very submission's dispatch was stopped or aborted
├── NothingLeft          nothing of the occasion is left to decide about
└── in their own modules: InvalidPersonnummer, UnreadableFile, TooManyRecipients, NoRecipients,
    ImpossibleTime, NonexistentTime, InvalidMobileNumber …

Each error speaks twice: `str(error)` is English, for logs, and holds no personal data;
`staff_message` is Swedish, for the page, and says what to do next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


class UtskickError(Exception):
    """Something the rules forbid. Subclasses set `staff_message`."""

    staff_message: str = "Något gick fel. Försök igen, eller kontakta förvaltningen."


class NotFound(UtskickError):
    """Nothing with this id, or nothing that this unit may see: the two look the same."""

    def __init__(self, kind: str, key: object = "") -> None:
        super().__init__(f"no such {kind}: {key}" if key else f"no such {kind}")
        self.staff_message = (
            "Det du söker finns inte, eller så hör det till en annan enhet."
            " Kontrollera att rätt enhet är vald."
        )


class UnknownToken(UtskickError):
    """A call without a token, or with one that is unknown, revoked or another unit's."""

    def __init__(self) -> None:
        super().__init__("unknown, revoked or missing token")
        self.staff_message = (
            "Nyckeln saknas, är fel eller har återkallats."
            " Be den regionala förvaltningen om en ny nyckel för enheten."
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in what staff handed in. Swedish; personnummer masked."""

    place: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason} {self.remedy}"


class SpecRefused(UtskickError):
    """What was handed in cannot be sent as it stands; nothing of it was stored."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problem(s) in the spec")
        self.staff_message = "Inget har skickats. " + " ".join(map(str, self.problems))


class StartBlocked(UtskickError):
    """A dispatch holds forms that may not be sent, or its unit has been withdrawn."""

    def __init__(
        self,
        *,
        archived: Sequence[str] = (),
        unsubscribed: Sequence[str] = (),
        unit_withdrawn: bool = False,
    ) -> None:
        self.archived = tuple(archived)
        self.unsubscribed = tuple(unsubscribed)
        self.unit_withdrawn = unit_withdrawn
        super().__init__(
            f"{len(self.archived)} archived form(s), {len(self.unsubscribed)} without subscription"
            f"{', the unit withdrawn' if unit_withdrawn else ''}"
        )
        if unit_withdrawn:
            self.staff_message = (
                "Enheten är indragen, så inget mer skickas för den."
                " Kontakta den regionala förvaltningen."
            )
            return
        self.staff_message = (
            "Detta startade paket innehåller formulärmallar som har arkiverats eller gemensamma"
            f" mallar som saknar prenumeration: {', '.join((*archived, *unsubscribed))}."
            " Kontakta formularhantering@vgregion.se och ange paketutskickets och enhetens namn."
        )


class WrongStatus(UtskickError):
    """The action does not fit the status."""

    def __init__(self, action: str, status: str, *, label: str = "") -> None:
        self.status = status
        super().__init__(f"cannot {action}: it is {status}")
        self.staff_message = (
            f"Det går inte eftersom utskicket har statusen {label or status}."
            " Visa utskicket för att se hur det ligger till."
        )


class AwaitsApproval(WrongStatus):
    """A colleague has not approved the dispatch yet. Only a person can, on the pages."""

    def __init__(self, action: str) -> None:
        super().__init__(action, "awaiting")
        self.staff_message = (
            "Utskicket väntar på godkännande, och inget av det har skickats. En kollega med"
            " behörigheten Utskick på enheten godkänner eller nekar det i Utskick, under Pågående"
            " Paketutskick. Ett system, ett kommando eller driften kan inte göra det."
        )


class LastRecipient(UtskickError):
    """The only recipient cannot be removed (manual: "paketutskicket får i stället stoppas")."""

    def __init__(self, *, ongoing: bool = True) -> None:
        super().__init__("the last recipient cannot be removed")
        instead = (
            "Stoppa paketutskicket i stället."
            if ongoing
            else "Inget skickas så länge du låter det som är kvar vara."
        )
        self.staff_message = f"Den sista mottagaren kan inte tas bort. {instead}"


class OccasionPassed(UtskickError):
    """A stopped dispatch whose next occasion's moment has passed cannot be restarted."""

    def __init__(self, sends_at: datetime) -> None:
        self.sends_at = sends_at
        super().__init__(f"the next occasion was due at {sends_at.isoformat()}")
        self.staff_message = (
            f"Nästa utskickstillfälle var {sends_at:%Y-%m-%d} kl. {sends_at:%H:%M} och har"
            " passerat. Starta ett nytt paketutskick för de tillfällen som återstår."
        )


class NothingAhead(UtskickError):
    """A stopped dispatch without an occasion that lies ahead: a restart has nothing to send.

    `stopped` numbers the occasions of which something is left.
    """

    def __init__(self, *, stopped: Sequence[int] = ()) -> None:
        super().__init__(f"no occasion lies ahead, {len(stopped)} with something left")
        self.staff_message = "Inget tillfälle återstår att återstarta."
        if stopped:
            self.staff_message += (
                f" Vid tillfälle {', '.join(map(str, stopped))} kan du i stället välja att skicka"
                " det som är kvar, meddela dem som redan har fått sina formulär, eller avsluta."
            )


class KeyReused(UtskickError):
    """A key that a caller gave a submission came again, with other content."""

    def __init__(self) -> None:
        super().__init__("the submission key was used before, with other content")
        self.staff_message = (
            "Nyckeln har redan använts för ett utskick med annat innehåll, så inget nytt är"
            " startat. Ange en ny nyckel, eller skicka samma innehåll som förra gången."
        )


class AlreadyEnded(UtskickError):
    """What is handed in again became a dispatch that was stopped or aborted since.

    Nothing of it is sent, and nothing new is started. `dispatch_id` names it.
    """

    def __init__(
        self, dispatch_id: UUID, *, label: str, sent: int, may_restart: bool, has_a_rest: bool
    ) -> None:
        self.dispatch_id = dispatch_id
        self.label = label
        super().__init__(f"dispatch {dispatch_id} was started by this, and sends no more")
        ways = []
        if may_restart:
            ways.append("Återstarta det om det ska fortsätta.")
        if has_a_rest:
            ways.append("Visa det för att skicka, meddela eller avsluta det som är kvar.")
        again = "Vill du skicka samma sak en gång till, skicka in det som ett nytt utskick"
        again += f": de {sent} formulär som redan är skickade skickas då igen." if sent else "."
        self.staff_message = " ".join(
            [
                (
                    f"Samma utskick har startats förut och har statusen {label}. Inget mer skickas"
                    f" av det, och inget nytt är startat. Utskickets id: {dispatch_id}."
                ),
                *ways,
                again,
            ]
        )


class NothingLeft(UtskickError):
    """Nothing of the occasion is left to decide about: it was sent, or is still to come."""

    def __init__(self, *, label: str) -> None:
        super().__init__("nothing of the occasion is left to decide about")
        self.staff_message = (
            f"Tillfället har statusen {label}. Bara det som är kvar av ett missat eller stoppat"
            " tillfälle kan skickas, meddelas eller avslutas för hand."
            " Visa utskicket för att se hur det ligger till."
        )

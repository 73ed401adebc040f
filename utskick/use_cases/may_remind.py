"""Whether a form may be reminded of just now."""

from collections.abc import Mapping
from datetime import date

from utskick.domain.deliveries import (
    REFUSAL_LABELS,
    REFUSAL_REMEDIES,
    DeliveryState,
    FormId,
    FormStatus,
    Refusal,
)
from utskick.domain.errors import StartBlocked, UtskickError
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.units import Unit
from utskick.ports import Clock, Persons, TemporaryFailure
from utskick.records import FollowedUp, Store
from utskick.sending.accounts import Accounts
from utskick.sending.check_recipients import check_recipients

_REMEDIES = REFUSAL_REMEDIES | {
    Refusal.PROTECTED: "Använd en formulärlänk i stället.",
    Refusal.DECEASED: "Du behöver inte göra något mer med formuläret.",
    Refusal.EMIGRATED: "Kontakta personen på annat sätt om svaret behövs.",
    Refusal.CHANGED_NUMBER: "Kontakta personen på annat sätt om svaret behövs.",
    Refusal.DEREGISTERED: "Kontrollera personens uppgifter i journalsystemet.",
    Refusal.NO_ACCOUNT: (
        "Be personen logga in på 1177.se och skapa ett konto, eller kontakta personen på annat"
        " sätt."
    ),
}
"""The person is in no list from which to take them."""


class CannotRemind(UtskickError):
    """This form, this day or this person is not for reminding."""

    def __init__(self, reason: str, staff_message: str) -> None:
        super().__init__(f"cannot remind: {reason}")
        self.staff_message = staff_message


def require_unit(unit: Unit) -> None:
    """Nothing more is sent for a unit that has been withdrawn."""
    if unit.withdrawn_at is not None:
        blocked = StartBlocked(unit_withdrawn=True)
        raise CannotRemind("the unit has been withdrawn", blocked.staff_message)


def require_open(form: FollowedUp, today: date) -> None:
    """It was sent with an inbox message, and can still be answered."""
    if form.state is not DeliveryState.SENT or form.purged_at is not None:
        raise CannotRemind(
            "not sent, or purged", "Bara ett skickat formulär som inte är gallrat kan påminnas om."
        )
    if not form.by_inbox:
        raise CannotRemind(
            "sent without an inbox message",
            "Formuläret skickades utan inkorgsmeddelande, så påminn inte genom inkorgen."
            " Kontakta mottagaren på annat sätt, till exempel med sms.",
        )
    if form.answer_by < today:
        raise CannotRemind(
            "answer-by has passed",
            "Sista dag att svara har passerat. Skicka formuläret på nytt i stället.",
        )


def require_unanswered(form: FollowedUp, statuses: Mapping[FormId, FormStatus]) -> None:
    """`statuses` are fresh; what was answered before is not among them."""
    if FormStatus.COMPLETED in (form.form_status, *statuses.values()):
        raise CannotRemind(
            "answered", "Formuläret är redan besvarat, så ingen påminnelse skickades."
        )
    if not statuses:
        raise CannotRemind(
            "its status is not known",
            "1177 kunde inte svara på om formuläret är besvarat, så ingen påminnelse skickades."
            " Försök igen om en stund.",
        )


async def require_reachable(
    number: Personnummer,
    *,
    store: Store,
    persons: Persons,
    accounts: Accounts,
    clock: Clock,
    rules: Rules,
) -> None:
    """Ask the population register and the inbox, as before a send.

    A register that is silent refuses the reminder. An occasion has a moment to keep, and goes by
    the last answer; a reminder has none, and whoever asked for it can try again.
    """
    try:
        checked = await check_recipients(
            [number],
            needs_account=True,
            store=store,
            persons=persons,
            accounts=accounts,
            clock=clock,
            rules=rules,
        )
        if not accounts.have_been_answered:
            await accounts.ask_now(number)
    except TemporaryFailure as silent:
        raise CannotRemind(
            "a register is silent",
            "Det gick inte att kontrollera om personen kan få en påminnelse, så ingen påminnelse"
            " skickades. Försök igen om en stund.",
        ) from silent
    if refusal := checked.refused.get(number):
        raise CannotRemind(
            "the person can get nothing now",
            f"{REFUSAL_LABELS[refusal]}, så ingen påminnelse skickades. {_REMEDIES[refusal]}",
        )

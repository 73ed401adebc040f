"""The story of an occasion (utskickstillfälle), from its claim to its end. It stands only here.

What each stage does, `OccasionRun` knows; how operators see it, `tasks` does.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from logging import Logger, LoggerAdapter
from typing import Any, Protocol

from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import Occasion, OccasionState
from utskick.ports import TemporaryFailure
from utskick.sending.check_again import CheckedAgain
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed


class Stages(Protocol):
    """What is done with an occasion, one method for each stage. Each can be repeated."""

    @property
    def occasion(self) -> Occasion:
        """As it was when it was claimed."""

    async def claim(self) -> ClaimResult:
        """Whether there is something to send, and nobody else is sending it."""

    def held(self) -> AbstractAsyncContextManager[None]:
        """Keep the occasion while the block runs."""

    async def check_templates(self) -> StartBlocked | None:
        """What blocks the occasion, if anything. Raises `TemporaryFailure`."""

    async def validate_recipients(self) -> int:
        """Check everyone and plan; how many forms are planned. Raises `TemporaryFailure`."""

    async def render_message(self) -> None:
        """Fill in the inbox message before it is needed."""

    async def check_again(self) -> CheckedAgain | StartBlocked:
        """Wait until shortly before the moment, and see what has changed since."""

    async def send_forms(self, planned: int) -> bool:
        """Wait for the moment, send forms and messages; whether it was late.

        Then it gives way to what others are sending. Raises `TemporaryFailure`.
        """

    async def notify_recipients(self) -> None:
        """After a stop: leave the inbox messages, and send no form."""

    async def close(self) -> Closed:
        """End the occasion, and with the last one the dispatch."""

    async def mail_errors(self) -> None:
        """Mail what has gone wrong to the error addresses."""


class EndName(StrEnum):
    """How an occasion's run has ended, as operators read it."""

    SENT = "Skickat"
    PARTLY_SENT = "Delvis skickat"
    MISSED = "Missat"
    ABORTED = "Avbruten"
    STOPPED_BEFORE = "Stoppat"
    STOPPED_MIDWAY = "Stoppat mitt i"
    ENDED = "Avslutat"
    TOO_EARLY = "För tidigt"
    NOTHING_TO_SEND = "Inget att skicka"
    BRAKED = "Nödbromsat"


_FAILURES = (EndName.MISSED, EndName.ABORTED)


@dataclass(frozen=True, slots=True)
class Ending:
    """How the story ended: what operators read, and what it came to in our own terms."""

    name: EndName
    message: str
    came_to: ClaimResult | StartBlocked | Closed

    @property
    def failed(self) -> bool:
        """Whether somebody has to act on it."""
        return self.name in _FAILURES


async def send_occasion(stages: Stages, *, log: Logger | LoggerAdapter[Any]) -> Ending:
    """Send every form to every recipient, at its moment, once."""
    claim = await stages.claim()
    if claim is ClaimResult.TO_NOTIFY:
        async with stages.held():
            await stages.notify_recipients()
            closed = await stages.close()
        return _closed(closed)
    if claim is ClaimResult.TOO_LATE:
        await stages.mail_errors()
    if claim is not ClaimResult.CLAIMED:
        return _unclaimed(claim, stages.occasion)

    async with stages.held():
        try:
            if blocked := await stages.check_templates():
                await stages.mail_errors()
                return _aborted(blocked)
            planned = await stages.validate_recipients()
            await stages.render_message()
            log.info("%d forms are planned; waiting for the moment", planned)
            checked = await stages.check_again()
            if isinstance(checked, StartBlocked):
                await stages.mail_errors()
                return _aborted(checked)
            _log_changes(checked, log)
            if await stages.send_forms(planned):
                log.warning("The moment had passed: sent late")
        except TemporaryFailure as failure:
            # What is left is missed, and reported when it is closed.
            log.warning("A neighbour stayed away until it was too late: %s", failure)
        closed = await stages.close()
    if closed.went_wrong:
        await stages.mail_errors()
    return _closed(closed)


def _unclaimed(claim: ClaimResult, occasion: Occasion) -> Ending:
    match claim:
        case ClaimResult.TOO_LATE:
            return Ending(EndName.MISSED, "Tillfället kunde inte skickas i tid", claim)
        case ClaimResult.TOO_EARLY:
            moment = f"{occasion.local:%Y-%m-%d %H:%M}"
            message = f"Skickas {moment} som planerat. Den här körningen höll inget"
            return Ending(EndName.TOO_EARLY, message, claim)
        case ClaimResult.BRAKED:
            message = "Nödbromsen är dragen. Den här körningen höll inget"
            return Ending(EndName.BRAKED, message, claim)
        case _:
            message = f"Nothing to send: {claim.value}"
            return Ending(EndName.NOTHING_TO_SEND, message, claim)


def _aborted(blocked: StartBlocked) -> Ending:
    templates = ", ".join((*blocked.archived, *blocked.unsubscribed))
    by = "Enheten är indragen" if blocked.unit_withdrawn else f"Spärrade mallar: {templates}"
    return Ending(EndName.ABORTED, by, blocked)


def _closed(closed: Closed) -> Ending:
    return Ending(_name_of(closed), f"{closed.sent} av {closed.planned} formulär skickade", closed)


def _name_of(closed: Closed) -> EndName:
    match closed.occasion.state:
        case OccasionState.DONE if closed.complete:
            return EndName.SENT
        case OccasionState.DONE:
            return EndName.PARTLY_SENT
        case OccasionState.MISSED:
            return EndName.MISSED
        case OccasionState.STOPPED:
            return EndName.STOPPED_MIDWAY
        case OccasionState.ENDED:
            return EndName.ENDED
        case _:
            return EndName.STOPPED_BEFORE


def _log_changes(checked: CheckedAgain, log: Logger | LoggerAdapter[Any]) -> None:
    if checked.refused:
        log.info("%d recipients get nothing after all", checked.refused)
    if checked.unchecked:
        log.warning(
            "Not checked again in time: %d in the population register, %d for an account."
            " For them the last answers hold",
            checked.unchecked_persons,
            checked.unchecked_accounts,
        )

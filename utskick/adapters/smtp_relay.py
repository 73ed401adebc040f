"""Handing one message to a mail relay, and what each way of failing means.

A relay answers for the message when it has got its last byte. What fails before the relay asked
for the message was not applied; what fails from there on may have been.
"""

import logging
import smtplib
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage

from utskick.ports import NotTaken, PermanentFailure, TemporaryFailure, UnknownOutcome

_FIRST_REFUSAL, _FIRST_PERMANENT = 400, 500
_OK = 250
_ACCEPTED = (250, 251)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpRelay:
    """The region's relay; one connection for each message. With `tls`, never without it."""

    host: str
    port: int
    timeout_s: float = 10
    tls: ssl.SSLContext | None = None

    def hand_over(
        self, message: EmailMessage, *, sender: str, recipients: Collection[str]
    ) -> NotTaken:
        """Send to whom the relay accepts; returns whom it does not.

        Raises `TemporaryFailure`, `PermanentFailure` or `UnknownOutcome`, if it is so for all.
        """
        with self._connected() as connection:
            with _not_applied():
                _greet(connection, tls=self.tls)
                not_taken = _address(connection, sender=sender, recipients=recipients)
            if len(not_taken.deferred) + len(not_taken.refused) < len(recipients):
                _submit(connection, message)
        return not_taken

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        with _not_applied():
            connection = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            yield connection
        finally:
            # The relay has answered for the message; what it thinks of a farewell is no matter.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()


@contextmanager
def _not_applied() -> Iterator[None]:
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:
        raise TemporaryFailure(f"no service from the relay: {type(error).__name__}") from None


def _greet(connection: smtplib.SMTP, *, tls: ssl.SSLContext | None) -> None:
    connection.ehlo_or_helo_if_needed()
    if tls is not None:
        connection.starttls(context=tls)
        connection.ehlo()


def _address(connection: smtplib.SMTP, *, sender: str, recipients: Collection[str]) -> NotTaken:
    code, _ = connection.mail(sender)
    if code != _OK:
        raise _refusal("the relay refuses the sender", code)
    codes = {to: connection.rcpt(to)[0] for to in recipients}
    not_accepted = {to: code for to, code in codes.items() if code not in _ACCEPTED}
    if not_accepted:
        log.warning("the relay refuses %d of %d recipients", len(not_accepted), len(recipients))
    refused = frozenset(to for to, code in not_accepted.items() if code >= _FIRST_PERMANENT)
    return NotTaken(deferred=frozenset(not_accepted) - refused, refused=refused)


def _submit(connection: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        code, _ = connection.data(message.as_bytes())
    except smtplib.SMTPDataError as error:
        raise _refusal("the relay refuses to receive", error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        raise UnknownOutcome(f"cut off while handing over: {type(error).__name__}") from None
    if code == _OK:
        return
    if code < _FIRST_REFUSAL:
        # Cut short, `250` is read as another number.
        raise UnknownOutcome(f"no whole answer to the message: {code}")
    raise _refusal("the relay refuses the message", code)


def _refusal(what: str, code: int) -> TemporaryFailure | PermanentFailure:
    message = f"{what}: {code}"
    return PermanentFailure(message) if code >= _FIRST_PERMANENT else TemporaryFailure(message)

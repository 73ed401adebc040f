"""Handing one message to a mail relay, and what each way of failing means.

A relay answers for the message when it has got its last byte. What fails before the relay asked
for the message was not applied; what fails from there on may have been. A refused login or
certificate is of the first kind: whoever mends it will want the message sent.
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
_LOGIN_WANTED = (530, 534, 535, 538)
"""RFC 4954 and 3207: permanent in their form, and mended by a setting."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """Ours at the relay."""

    user: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpRelay:
    """The region's relay; one connection for each message.

    With `tls`, never without it: by STARTTLS, or `at_once`, from the first byte.
    """

    host: str
    port: int
    timeout_s: float = 10
    tls: ssl.SSLContext | None = None
    at_once: bool = False
    login: Login | None = None

    def hand_over(
        self, message: EmailMessage, *, sender: str, recipients: Collection[str]
    ) -> NotTaken:
        """Send to whom the relay accepts; returns whom it does not.

        Raises `TemporaryFailure`, `PermanentFailure` or `UnknownOutcome`, if it is so for all.
        """
        with self._connected() as connection:
            with _not_applied():
                self._greet(connection)
                not_taken = _address(connection, sender=sender, recipients=recipients)
            if len(not_taken.deferred) + len(not_taken.refused) < len(recipients):
                _submit(connection, message)
        return not_taken

    def check(self) -> None:
        """Greet it as before a message, and hand over none. Raises `TemporaryFailure`."""
        with self._connected() as connection, _not_applied():
            self._greet(connection)
            connection.noop()

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        with _not_applied():
            connection = self._connection()
        try:
            yield connection
        finally:
            # The relay has answered for the message; what it thinks of a farewell is no matter.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _connection(self) -> smtplib.SMTP:
        if self.tls is not None and self.at_once:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=self.tls)
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)

    def _greet(self, connection: smtplib.SMTP) -> None:
        connection.ehlo_or_helo_if_needed()
        if self.tls is not None and not self.at_once:
            connection.starttls(context=self.tls)
            connection.ehlo()
        if self.login is not None:
            connection.login(self.login.user, self.login.password)


@contextmanager
def _not_applied() -> Iterator[None]:
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:
        raise TemporaryFailure(f"no service from the relay: {type(error).__name__}") from None


def _address(connection: smtplib.SMTP, *, sender: str, recipients: Collection[str]) -> NotTaken:
    code, _ = connection.mail(sender)
    if code in _LOGIN_WANTED:
        raise TemporaryFailure(f"the relay wants a login: {code}")
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

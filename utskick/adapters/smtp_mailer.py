"""Mail through the region's relay."""

import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime

from utskick.adapters.smtp_relay import SmtpRelay
from utskick.ports import Mail, PermanentFailure


class SmtpMailer:
    """A `Mailer`. With `tls` the relay must offer STARTTLS; without it, it is not asked."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        timeout_s: float = 10,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._relay = SmtpRelay(host=host, port=port, timeout_s=timeout_s, tls=tls)
        self.sender = sender

    def send(self, mail: Mail) -> None:
        # An address outside ASCII would need a relay and a mailbox that both speak SMTPUTF8.
        recipients = [address for address in mail.to if address.isascii()]
        if not recipients:
            raise PermanentFailure("no address that a relay can take")
        headers = {
            "Subject": " ".join(mail.subject.split()),
            "Message-ID": mail.message_id,
            # Keeps autoreplies away (RFC 3834).
            "Auto-Submitted": "auto-generated",
        }
        self.hand_over(mail.body, recipients=recipients, headers=headers)

    def hand_over(self, text: str, *, recipients: Sequence[str], headers: dict[str, str]) -> None:
        """Send plain text with these headers beside From, To and Date. Raises as `send`."""
        message = EmailMessage(SMTP)
        message["From"] = self.sender
        message["To"] = ", ".join(recipients)
        message["Date"] = localtime()
        for name, value in headers.items():
            message[name] = value
        message.set_content(text, cte="quoted-printable")
        self._relay.hand_over(message, sender=self.sender, recipients=recipients)

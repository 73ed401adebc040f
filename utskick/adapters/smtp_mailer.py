"""Mail through the region's relay."""

from collections.abc import Collection, Iterable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime

from utskick.adapters.smtp_relay import SmtpRelay
from utskick.domain.addresses import ascii_address
from utskick.ports import Mail, NotTaken


class SmtpMailer:
    """A `Mailer`."""

    def __init__(self, relay: SmtpRelay, *, sender: str) -> None:
        self._relay = relay
        self.sender = sender

    def send(self, mail: Mail, *, to: Collection[str]) -> NotTaken:
        spelt = {address: ascii_address(address) for address in (*mail.to, *to)}
        recipients = _each_once(spelt[address] for address in to)
        unusable = frozenset(address for address in to if spelt[address] is None)
        if not recipients:
            return NotTaken(refused=unusable)
        headers = {
            "To": ", ".join(_each_once(spelt[address] for address in mail.to)),
            "Subject": " ".join(mail.subject.split()),
            "Message-ID": mail.message_id,
            # Keeps autoreplies away (RFC 3834).
            "Auto-Submitted": "auto-generated",
        }
        not_taken = self.hand_over(mail.body, recipients=recipients, headers=headers)
        return NotTaken(
            deferred=frozenset(each for each in to if spelt[each] in not_taken.deferred),
            refused=frozenset(each for each in to if spelt[each] in not_taken.refused) | unusable,
        )

    def hand_over(
        self, text: str, *, recipients: Collection[str], headers: dict[str, str]
    ) -> NotTaken:
        """Send plain text with these headers beside From and Date. Raises as `send`."""
        message = EmailMessage(SMTP)
        message["From"] = self.sender
        message["Date"] = localtime()
        for name, value in headers.items():
            message[name] = value
        message.set_content(text, cte="quoted-printable")
        return self._relay.hand_over(message, sender=self.sender, recipients=recipients)


def _each_once(spellings: Iterable[str | None]) -> list[str]:
    """Two ways of writing a domain are one address."""
    return list(dict.fromkeys(filter(None, spellings)))

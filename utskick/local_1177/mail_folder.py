"""Mails kept as .eml files in a folder: they survive restarts, and any mail program opens them."""

import email.policy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

SMS_DOMAIN = "@sms.vgregion.se"
RECIPIENT = "X-RcptTo"
"""The envelope's recipient, noted above the mail's own headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    date: str
    message_id: str
    body: str

    @property
    def is_sms(self) -> bool:
        """The region's gateway turns mail to this domain into SMS."""
        return any(address.lower().endswith(SMS_DOMAIN) for address in self.to)

    def as_json(self) -> Mapping[str, object]:
        return {
            "id": self.id,
            "from": self.sender,
            "to": list(self.to),
            "subject": self.subject,
            "date": self.date,
            "message_id": self.message_id,
            "body": self.body,
            "sms": self.is_sms,
        }


class MailFolder:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def keep(self, content: bytes, *, recipients: Sequence[str]) -> None:
        """Write the mail whole or not at all. Names sort by time."""
        envelope = "".join(f"{RECIPIENT}: {address}\r\n" for address in recipients)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}"
        draft = self._folder / f"{name}.part"
        draft.write_bytes(envelope.encode() + content)
        draft.rename(self._folder / f"{name}.eml")

    def newest_first(self) -> Sequence[KeptMail]:
        return [_read(path) for path in sorted(self._folder.glob("*.eml"), reverse=True)]

    def find(self, mail_id: str) -> KeptMail | None:
        return next((mail for mail in self.newest_first() if mail.id == mail_id), None)


def _read(path: Path) -> KeptMail:
    mail = message_from_bytes(path.read_bytes(), EmailMessage, policy=email.policy.default)
    text = mail.get_body(("plain", "html"))
    return KeptMail(
        id=path.stem,
        sender=str(mail["From"] or ""),
        to=tuple(str(address) for address in mail.get_all(RECIPIENT, [])),
        subject=str(mail["Subject"] or ""),
        date=str(mail["Date"] or ""),
        message_id=str(mail["Message-ID"] or ""),
        body=str(text.get_content()) if text else "",
    )

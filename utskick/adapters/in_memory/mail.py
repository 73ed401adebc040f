"""The mail relay and the SMS gateway in memory."""

from utskick.adapters.in_memory.failures import Failures
from utskick.domain.sms import MobileNumber
from utskick.ports import Mail


class InMemoryMailer:
    """A `Mailer`. `fails_before` strikes before a mail is sent, `fails_after` when it has been."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.fails_before = Failures()
        self.fails_after = Failures()

    def send(self, mail: Mail) -> None:
        self.fails_before.strike()
        self.sent.append(mail)
        self.fails_after.strike()


class InMemorySmsGateway:
    """An `SmsGateway`; it fails as `InMemoryMailer` does."""

    def __init__(self) -> None:
        self.sent: list[tuple[MobileNumber, str]] = []
        self.fails_before = Failures()
        self.fails_after = Failures()

    def send(self, number: MobileNumber, text: str) -> None:
        self.fails_before.strike()
        self.sent.append((number, text))
        self.fails_after.strike()

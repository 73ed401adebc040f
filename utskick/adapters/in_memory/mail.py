"""The mail relay and the SMS gateway in memory."""

from collections.abc import Collection

from utskick.adapters.in_memory.failures import Failures
from utskick.domain.sms import MobileNumber
from utskick.ports import Mail, NotTaken


class InMemoryMailer:
    """A `Mailer`. `fails_before` strikes before a mail is sent, `fails_after` when it has been.

    Nobody gets a mail who is among the `deferred` or the `refused`.
    """

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.received: list[tuple[str, Mail]] = []
        self.deferred: set[str] = set()
        self.refused: set[str] = set()
        self.fails_before = Failures()
        self.fails_after = Failures()

    def send(self, mail: Mail, *, to: Collection[str]) -> NotTaken:
        self.fails_before.strike()
        not_taken = NotTaken(
            deferred=frozenset(self.deferred.intersection(to)),
            refused=frozenset(self.refused.intersection(to)),
        )
        if takers := [each for each in to if each not in self.deferred | self.refused]:
            self.sent.append(mail)
            self.received += [(each, mail) for each in takers]
            self.fails_after.strike()
        return not_taken


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

"""SMS through the region's gateway: a mail to [mobilnummer]@sms.vgregion.se."""

from email.utils import getaddresses, make_msgid

from utskick.adapters.smtp_mailer import SmtpMailer
from utskick.domain.sms import MobileNumber, normalise, sms_address
from utskick.ports import PermanentFailure, TemporaryFailure


class SmsByMail:
    """An `SmsGateway`. Manual: "lämna ämnesfältet tomt … ta bort eventuell signatur"."""

    def __init__(self, mailer: SmtpMailer, *, domain: str = "sms.vgregion.se") -> None:
        self._mailer = mailer
        self._domain = domain

    def send(self, number: MobileNumber, text: str) -> None:
        address = _only_address(sms_address(number, domain=self._domain))
        # Not by the host's name, which would reveal our network to the gateway.
        message_id = make_msgid(domain=self._mailer.sender.rpartition("@")[2])
        not_taken = self._mailer.hand_over(
            normalise(text),
            recipients=[address],
            headers={"To": address, "Subject": "", "Message-ID": message_id},
        )
        if not_taken.refused:
            raise PermanentFailure("the gateway refuses the number")
        if not_taken.deferred:
            raise TemporaryFailure("the gateway takes the number later")


def _only_address(text: str) -> str:
    """A second address would be a second receiver, of what is meant for the first."""
    if not text.isascii() or [address for _, address in getaddresses([text])] != [text]:
        raise PermanentFailure("not one single address")
    return text

"""1177's inbox (patientportal 1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from utskick.adapters.soap_client import SoapClient
from utskick.domain.deliveries import FormId, Refusal, link_text
from utskick.domain.personnummer import Personnummer
from utskick.ports import (
    InboxMessage,
    InboxUser,
    PermanentFailure,
    TemporaryFailure,
    UnknownOutcome,
)
from utskick.rivta.contracts import ADD_MESSAGE, IS_ACTIVE_USER
from utskick.rivta.envelopes import Fields

_INACTIVE = "target person is not active user"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxLink:
    """`system_id` is what the portal calls formular.1177.se, whose address it knows.

    `query` follows that address, once for each form; `text` is what residents press, if it is
    not to count the forms.
    """

    system_id: str = "FORMULAR"
    query: str = "formular={form_id}"
    type: str = "CurrentTarget"
    text: str = ""


class RivTaInbox:
    """An `Inbox`. 1177 notifies (aviserar) the resident of each message.

    `source_system` is what the portal's administration calls us; without it there is neither link
    nor notification.
    """

    def __init__(self, client: SoapClient, *, source_system: str, link: InboxLink) -> None:
        self._client = client
        self._source_system = source_system
        self._link = link

    async def user(self, personnummer: Personnummer) -> InboxUser:
        answer = await self._client.read(IS_ACTIVE_USER, {"subjectOfCareId": personnummer.digits})
        methods = answer["activeNotificationMethods"]
        if not isinstance(answer["status"], bool) or not isinstance(methods, list):
            raise TemporaryFailure("IsActiveUser: unreadable answer")
        return InboxUser(active=answer["status"], notified_by=tuple(map(str, methods)))

    async def add_message(
        self,
        personnummer: Personnummer,
        message: InboxMessage,
        *,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        answer = await self._client.change(
            ADD_MESSAGE, self._asked(personnummer, message), may_leave=may_leave
        )
        _require_done(answer)

    def _asked(self, personnummer: Personnummer, message: InboxMessage) -> Fields:
        left: Fields = {
            "organisationUnit": {"unitId": message.unit_id, "unitName": message.unit_name},
            "messageDescription": message.heading,
            "messageText": message.text,
        }
        asked: Fields = {"subjectOfCareId": personnummer.digits, "message": left}
        if not self._source_system:
            return asked
        if self._link.system_id:
            left["ssoLink"] = self._sso_link(message.forms)
        return asked | {"notify": True, "sourceSystem": self._source_system}

    def _sso_link(self, forms: Sequence[FormId]) -> Fields:
        """Ids of forms alone: an address must not say of whom or about what they are."""
        query = "&".join(self._link.query.format(form_id=quote(form, safe="")) for form in forms)
        return {
            "systemId": self._link.system_id,
            "text": self._link.text or link_text(len(forms)),
            **({"queryString": query} if query else {}),
            "type": self._link.type,
        }


def _require_done(answer: Fields) -> None:
    """The text is free, and may be about the person: it is compared and not kept."""
    match answer["resultCode"]:
        case "OK" | "INFO":
            return
        case "ERROR":
            text = str(answer.get("resultText", "")).strip(" .\r\n\t").casefold()
            raise PermanentFailure(
                "AddMessageToPatientPortalInbox: ERROR",
                reason=Refusal.NO_ACCOUNT if text == _INACTIVE else Refusal.REFUSED_BY_1177,
            )
        case _:
            raise UnknownOutcome("AddMessageToPatientPortalInbox: no known result")

"""1177's inbox over HTTP, with the field names of the patientportal contracts."""

from collections.abc import Callable, Sequence
from typing import Literal
from urllib.parse import urlencode

from pydantic import Field

from utskick.adapters.http_client import AnswerFields, HttpClient
from utskick.domain.deliveries import FormId, Refusal, link_text
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxMessage, InboxUser, PermanentFailure

_INACTIVE = "Target person is not active user"


class _IsActiveUserAnswer(AnswerFields):
    active: bool = Field(alias="status")
    methods: tuple[str, ...] = Field(default=(), alias="activeNotificationMethods")


class _AddMessageAnswer(AnswerFields):
    result: Literal["OK", "INFO", "ERROR"] = Field(alias="resultCode")
    text: str = Field(default="", alias="resultText")


class HttpInbox:
    """An `Inbox`. 1177 notifies (aviserar) the resident of each message.

    `link_system` is what the portal calls formular.1177.se. The portal knows its address and
    signs the resident in there; a link gives only what follows the address.
    """

    def __init__(
        self, client: HttpClient, *, source_system: str = "UTSKICK", link_system: str = "FORMULAR"
    ) -> None:
        self._client = client
        self._source_system = source_system
        self._link_system = link_system

    async def user(self, personnummer: Personnummer) -> InboxUser:
        answer = await self._client.post(
            "IsActiveUser",
            {"subjectOfCareId": personnummer.digits},
            answer=_IsActiveUserAnswer,
            reading=True,
        )
        return InboxUser(active=answer.active, notified_by=answer.methods)

    async def add_message(
        self,
        personnummer: Personnummer,
        message: InboxMessage,
        *,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        answer = await self._client.post(
            "AddMessageToPatientPortalInbox",
            {
                "subjectOfCareId": personnummer.digits,
                "message": {
                    "organisationUnit": {"unitId": message.unit_id, "unitName": message.unit_name},
                    "messageDescription": message.heading,
                    "messageText": message.text,
                    "ssoLink": self._link(message.forms),
                },
                "notify": True,
                "sourceSystem": self._source_system,
            },
            answer=_AddMessageAnswer,
            may_leave=may_leave,
        )
        if answer.result == "ERROR":
            inactive = answer.text == _INACTIVE
            raise PermanentFailure(
                "AddMessageToPatientPortalInbox: ERROR",
                reason=Refusal.NO_ACCOUNT if inactive else Refusal.REFUSED_BY_1177,
            )

    def _link(self, forms: Sequence[FormId]) -> dict[str, str]:
        """Ids of forms alone: an address must not say of whom or about what they are."""
        return {
            "systemId": self._link_system,
            "text": link_text(len(forms)),
            "queryString": urlencode([("formular", form_id) for form_id in forms]),
            "type": "CurrentTarget",
        }

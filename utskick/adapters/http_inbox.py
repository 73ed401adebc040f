"""1177's inbox over HTTP, with the field names of the patientportal contracts."""

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from utskick.adapters.http_client import Contract, HttpClient
from utskick.domain.deliveries import Refusal
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxMessage, InboxUser, PermanentFailure

_INACTIVE = "Target person is not active user"


class _IsActiveUserAnswer(Contract):
    active: bool = Field(alias="status")
    methods: tuple[str, ...] = Field(default=(), alias="activeNotificationMethods")


class _AddMessageAnswer(Contract):
    result: Literal["OK", "INFO", "ERROR"] = Field(alias="resultCode")
    text: str = Field(default="", alias="resultText")


class HttpInbox:
    """An `Inbox`. 1177 tells (aviserar) the resident of each message."""

    def __init__(self, client: HttpClient, *, source_system: str = "UTSKICK") -> None:
        self._client = client
        self._source_system = source_system

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
                    "ssoLink": message.link,
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

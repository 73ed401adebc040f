"""1177's neighbours twice: in memory, and the local 1177 over SOAP. Same promises."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl
from uuid import UUID

from tests.calling import a_client, forms_of, inbox_of, persons_of
from tests.local_1177.conftest import NOON, Local
from tests.local_1177.region import ARCHIVED, NAFS, OTHER_UNIT, OWN, SHARED, UNIT, a_personnummer
from utskick.adapters.in_memory import (
    FakeClock,
    InMemoryFormService,
    InMemoryInbox,
    InMemoryPersons,
)
from utskick.domain.deliveries import FormId
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.ports import (
    FormOrder,
    FormService,
    Inbox,
    InboxMessage,
    InboxUser,
    PersonRecord,
    Persons,
)

UNIT_ID = HsaId(UNIT)
OTHER_UNIT_ID = HsaId(OTHER_UNIT)
OWN_FORM, SHARED_FORM, NAFS_FORM, ARCHIVED_FORM = (
    FormTemplateId(UUID(template_id)) for template_id in (OWN, SHARED, NAFS, ARCHIVED)
)


class Neighbours(Protocol):
    """Both kinds, and how a test arranges and looks behind them."""

    @property
    def forms(self) -> FormService: ...

    @property
    def inbox(self) -> Inbox: ...

    @property
    def persons(self) -> Persons: ...

    def set_clock(self, now: datetime) -> None: ...

    def archive(self, template_id: FormTemplateId) -> None: ...

    def add_person(
        self,
        personnummer: str = "",
        *,
        protected: str = "",
        deregistered: str = "",
        account: bool = True,
        notified_by: Sequence[str] = ("SMS", "Email"),
    ) -> Personnummer: ...

    def add_stranger(self) -> Personnummer:
        """Somebody whom no register knows."""

    def messages_of(self, number: Personnummer) -> list[tuple[str, str, tuple[FormId, ...]]]:
        """Heading, text and linked forms of each."""


class TwinNeighbours:
    def __init__(self) -> None:
        self._clock = FakeClock(NOON)
        self.forms = InMemoryFormService(
            clock=self._clock,
            templates={
                UNIT_ID: [OWN_FORM, SHARED_FORM, NAFS_FORM, ARCHIVED_FORM],
                OTHER_UNIT_ID: [SHARED_FORM, NAFS_FORM],
            },
        )
        self.forms.archived.add(ARCHIVED_FORM)
        self.inbox = InMemoryInbox({})
        self.persons = InMemoryPersons({})

    def set_clock(self, now: datetime) -> None:
        self._clock.moment = now

    def archive(self, template_id: FormTemplateId) -> None:
        self.forms.archived.add(template_id)

    def add_person(
        self,
        personnummer: str = "",
        *,
        protected: str = "",
        deregistered: str = "",
        account: bool = True,
        notified_by: Sequence[str] = ("SMS", "Email"),
    ) -> Personnummer:
        number = Personnummer(personnummer or a_personnummer())
        self.persons.records[number] = PersonRecord(
            protected=bool(protected),
            deceased=deregistered == "dead",
            emigrated=deregistered == "emigrated",
        )
        if account:
            self.inbox.users[number] = InboxUser(active=True, notified_by=tuple(notified_by))
        return number

    def add_stranger(self) -> Personnummer:
        number = Personnummer(a_personnummer())
        self.forms.unknown_persons.add(number)
        return number

    def messages_of(self, number: Personnummer) -> list[tuple[str, str, tuple[FormId, ...]]]:
        return [
            (message.heading, message.text, message.forms)
            for receiver, message in self.inbox.messages
            if receiver == number
        ]


class LocalNeighbours:
    def __init__(self, local: Local) -> None:
        self._local = local
        client = a_client(local.url)
        self.forms = forms_of(client)
        self.inbox = inbox_of(client)
        self.persons = persons_of(client, batch=2)

    def set_clock(self, now: datetime) -> None:
        self._local.now = now

    def archive(self, template_id: FormTemplateId) -> None:
        self._local.control(f"templates/{template_id}/archive")

    def add_person(
        self,
        personnummer: str = "",
        *,
        protected: str = "",
        deregistered: str = "",
        account: bool = True,
        notified_by: Sequence[str] = ("SMS", "Email"),
    ) -> Personnummer:
        digits = self._local.add_person(
            personnummer,
            protected=protected,
            deregistered=deregistered,
            account=account,
            notified_by=" ".join(notified_by),
        )
        return Personnummer(digits)

    def add_stranger(self) -> Personnummer:
        return Personnummer(a_personnummer())

    def messages_of(self, number: Personnummer) -> list[tuple[str, str, tuple[FormId, ...]]]:
        truth = self._local.ask("/control/truth/person", {"personnummer": number.digits})
        return [
            (
                message["messageDescription"],
                message["messageText"],
                tuple(
                    FormId(form_id) for _, form_id in parse_qsl(message["ssoLink"]["queryString"])
                ),
            )
            for message in truth["messages"]
        ]


def an_order(number: Personnummer, **changes: Any) -> FormOrder:
    order = FormOrder(
        unit_id=UNIT_ID,
        personnummer=number,
        template_id=OWN_FORM,
        answer_by=date(2027, 3, 2),
        purge_after=date(2027, 4, 2),
    )
    return replace(order, **changes)


def a_message() -> InboxMessage:
    return InboxMessage(
        unit_id=UNIT_ID,
        unit_name="Mottagningen",
        heading="Inför ditt besök",
        text="Hej! Svara gärna – å, ä och ö.",
        forms=(FormId("first"), FormId("second")),
    )

"""1177's services as they are, with the platform before them watched."""

from collections.abc import Callable, Collection, Mapping, Sequence

from utskick.domain.deliveries import FormId
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.template_catalogue import ListedVersion
from utskick.domain.units import HsaId
from utskick.ports import (
    Answer,
    FormOrder,
    FormService,
    FoundForm,
    Inbox,
    InboxMessage,
    InboxUser,
    PersonRecord,
    Persons,
)
from utskick.sending.platform_watch import PlatformWatch


class WatchedFormService:
    """A `FormService`."""

    def __init__(self, forms: FormService, watch: PlatformWatch) -> None:
        self._forms = forms
        self._watch = watch

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        async with self._watch.over("CreateFormRequest"):
            return await self._forms.create_form(order, may_leave=may_leave)

    async def find_forms(
        self,
        *,
        unit_id: HsaId,
        personnummer: Personnummer,
        template_ids: Collection[FormTemplateId],
    ) -> Sequence[FoundForm]:
        async with self._watch.over("GetForms"):
            return await self._forms.find_forms(
                unit_id=unit_id, personnummer=personnummer, template_ids=template_ids
            )

    async def form_templates(self, unit_id: HsaId) -> Mapping[FormTemplateId, bool]:
        async with self._watch.over("GetFormTemplates"):
            return await self._forms.form_templates(unit_id)

    async def list_templates(self, unit_id: HsaId) -> Sequence[ListedVersion]:
        async with self._watch.over("GetFormTemplates"):
            return await self._forms.list_templates(unit_id)

    async def read_answer(self, form_id: FormId) -> Answer:
        async with self._watch.over("GetForm"):
            return await self._forms.read_answer(form_id)


class WatchedInbox:
    """An `Inbox`."""

    def __init__(self, inbox: Inbox, watch: PlatformWatch) -> None:
        self._inbox = inbox
        self._watch = watch

    async def user(self, personnummer: Personnummer) -> InboxUser:
        async with self._watch.over("IsActiveUser"):
            return await self._inbox.user(personnummer)

    async def add_message(
        self,
        personnummer: Personnummer,
        message: InboxMessage,
        *,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        async with self._watch.over("AddMessageToPatientPortalInbox"):
            await self._inbox.add_message(personnummer, message, may_leave=may_leave)


class WatchedPersons:
    """A `Persons`."""

    def __init__(self, persons: Persons, watch: PlatformWatch) -> None:
        self._persons = persons
        self._watch = watch

    async def look_up(
        self, numbers: Sequence[Personnummer]
    ) -> Mapping[Personnummer, PersonRecord | None]:
        async with self._watch.over("GetPersonsForProfile"):
            return await self._persons.look_up(numbers)

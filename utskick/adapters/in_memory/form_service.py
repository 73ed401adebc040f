"""The form engine in memory."""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from utskick.adapters.in_memory.failures import Failures
from utskick.adapters.in_memory.kept_forms import KeptForm, read_back
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.deliveries import FormId, FormStatus, Refusal
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.template_catalogue import ListedVersion
from utskick.domain.units import HsaId
from utskick.ports import Answer, Clock, FormOrder, FoundForm, PermanentFailure, Withheld


class InMemoryFormService:
    """A `FormService` without an idempotency key, as the real one: `forms` holds every form made.

    `fails_before` strikes before a form is made and `fails_after` when it has been made;
    `fails_reading` strikes the other calls. `shows` is how forms are given back, when the engine
    changes or leaves out something of them. `repeats` says how often the platform repeats the
    next calls, each of which then makes so many forms more.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        templates: Mapping[HsaId, Collection[FormTemplateId]],
        unknown_persons: Collection[Personnummer] = (),
    ) -> None:
        self.forms: list[KeptForm] = []
        self.templates = {unit_id: set(theirs) for unit_id, theirs in templates.items()}
        self.archived: set[FormTemplateId] = set()
        self.versions: list[ListedVersion] = []
        self.unknown_persons = set(unknown_persons)
        self.answers: dict[FormId, Answer] = {}
        self.fails_before = Failures()
        self.fails_after = Failures()
        self.fails_reading = Failures()
        self.shows: Callable[[FoundForm], FoundForm] = lambda form: form
        self.repeats: deque[int] = deque()
        self._clock = clock

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        if not may_leave():
            raise Withheld
        self.fails_before.strike()
        now = self._clock.now()
        if self._refuses(order, now):
            raise PermanentFailure("the form was refused", reason=Refusal.REFUSED_BY_1177)
        times = 1 + (self.repeats.popleft() if self.repeats else 0)
        made = [KeptForm(FormId(str(uuid4())), order, now) for _ in range(times)]
        self.forms += made
        self.fails_after.strike()
        return made[-1].id

    async def find_forms(
        self,
        *,
        unit_id: HsaId,
        personnummer: Personnummer,
        template_ids: Collection[FormTemplateId],
    ) -> Sequence[FoundForm]:
        self.fails_reading.strike()
        found = read_back(
            self.forms,
            unit_id=unit_id,
            personnummer=personnummer,
            template_ids=template_ids,
            status_of=self._status_of,
        )
        return [self.shows(form) for form in found]

    async def form_templates(self, unit_id: HsaId) -> Mapping[FormTemplateId, bool]:
        self.fails_reading.strike()
        return {
            template_id: template_id not in self.archived
            for template_id in self.templates.get(unit_id, ())
        }

    async def list_templates(self, unit_id: HsaId) -> Sequence[ListedVersion]:
        self.fails_reading.strike()
        return [
            version
            for version in self.versions
            if version.template_id in self.templates.get(unit_id, ())
        ]

    async def read_answer(self, form_id: FormId) -> Answer:
        self.fails_reading.strike()
        if all(form.id != form_id for form in self.forms):
            raise PermanentFailure("no such form")
        return self.answers.get(form_id) or Answer(
            form_id=form_id, status=FormStatus.ONGOING, answers=()
        )

    def _refuses(self, order: FormOrder, now: datetime) -> bool:
        """The service says that it does, and never why in any word that one can rely on."""
        return (
            order.answer_by < now.astimezone(STOCKHOLM).date()
            or order.personnummer in self.unknown_persons
            or order.template_id in self.archived
            or order.template_id not in self.templates.get(order.unit_id, ())
        )

    def _status_of(self, form_id: FormId) -> FormStatus:
        answer = self.answers.get(form_id)
        return answer.status if answer else FormStatus.ONGOING

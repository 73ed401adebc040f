"""Neighbours whose every answer the test decides, and who know the truth.

The truth is found by the reference that each call carries, which the product itself never gets
back: so it is counted apart from whatever our own tables say.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID, uuid4

from tests.chaos.registers import Registers
from tests.chaos.virtual import VirtualLoop, World
from utskick.adapters.in_memory.kept_forms import KeptForm, read_back
from utskick.domain.deliveries import FormId
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.template_catalogue import ListedVersion
from utskick.domain.units import HsaId
from utskick.ports import (
    Answer,
    FormOrder,
    FoundForm,
    InboxMessage,
    InboxUser,
    PermanentFailure,
    PlatformRefusal,
    TemporaryFailure,
    UnknownOutcome,
    Withheld,
)

HARD_TIMEOUT = timedelta(seconds=30)
"""A call that has left is applied within it, or never."""
RETRY_AFTER_S = 30
_A_DAY = timedelta(days=1)


class Fate(StrEnum):
    """What becomes of a call that has left. The platform in front repeats some by itself."""

    ANSWERED = auto()
    ANSWER_LOST = auto()
    FAILED = auto()
    LOST_FOR_NOW = auto()
    REFUSED = auto()
    TOO_MANY = auto()
    NOT_FORWARDED = auto()
    REPEATED = auto()
    REPEATED_AND_LOST = auto()


class Shown(StrEnum):
    """How a form is given back: the engine may change some of it, or leave it out."""

    AS_ASKED = auto()
    OTHER_DATE = auto()
    NO_DATES = auto()
    NO_ID = auto()
    NO_TEMPLATE = auto()
    NO_TIME = auto()

    def of(self, form: FoundForm) -> FoundForm:
        match self:
            case Shown.AS_ASKED:
                return form
            case Shown.OTHER_DATE:
                assert form.purge_after
                return replace(form, purge_after=form.purge_after + _A_DAY)
            case Shown.NO_DATES:
                return replace(form, answer_by=None, purge_after=None)
            case Shown.NO_ID:
                return replace(form, id=None)
            case Shown.NO_TEMPLATE:
                return replace(form, template_id=None)
            case Shown.NO_TIME:
                return replace(form, created_at=None, created_at_latest=None)


@dataclass(slots=True, eq=False)
class Call:
    """One call for one form. `left_at` is when its bytes left, if they have.

    `not_applied` is the truth; `known_not_applied`, that the caller could know. `refused`: by the
    service, in the contract's words. `unclear`: its caller heard that nobody knows.
    """

    order: FormOrder
    loop: VirtualLoop
    door: "asyncio.Future[None]"
    answer: "asyncio.Future[FormId]"
    left_at: datetime | None = None
    not_applied: bool = False
    known_not_applied: bool = False
    refused: bool = False
    unclear: bool = False
    form: FormId | None = None

    @property
    def delivery_id(self) -> UUID:
        return UUID(self.order.reference.partition("/")[0])

    @property
    def attempt(self) -> int:
        return int(self.order.reference.partition("/")[2])

    def waited_s(self, now: datetime) -> float:
        """For how long its caller has waited since it left."""
        if self.left_at is None or self.answer.done():
            return 0
        return (now - self.left_at).total_seconds()


@dataclass(slots=True)
class Service:
    """A `FormService`. While it is `well` it answers at once, else when the test says so.

    Unless it `connects` at once, a call waits for that too before its bytes leave. Forms made now
    are given back as it `shows` them. `repeated` are those that the platform made once more.
    Whatever is asked for those it is `never_clear_for` fails by a fault, and makes nothing.
    """

    world: World
    templates: Collection[FormTemplateId]
    on_leaving: Callable[[Call], None]
    is_awaited: Callable[[Call], bool]
    well: bool = False
    connects: bool = True
    readable: bool = True
    forwards: bool = True
    was_unreadable: bool = False
    shows: Shown = Shown.AS_ASKED
    never_clear_for: set[Personnummer] = field(default_factory=set)
    archived: set[FormTemplateId] = field(default_factory=set)
    made: list[KeptForm] = field(default_factory=list)
    repeated: set[FormId] = field(default_factory=set)
    shown: dict[FormId, Shown] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    not_before: dict[UUID, datetime] = field(default_factory=dict)

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        call = Call(order, loop, loop.create_future(), loop.create_future())
        self.calls.append(call)
        try:
            if not (self.well or self.connects):
                await call.door
            if not may_leave():
                raise Withheld
            self.on_leaving(call)
            call.left_at = self.world.now
            if order.personnummer in self.never_clear_for:
                self.decide(call, Fate.FAILED)
            elif self.well:
                self.decide(call, Fate.ANSWERED)
            return await call.answer
        finally:
            call.door.cancel()
            call.answer.cancel()

    async def find_forms(
        self,
        *,
        unit_id: HsaId,
        personnummer: Personnummer,
        template_ids: Collection[FormTemplateId],
    ) -> Sequence[FoundForm]:
        self._require_readable()
        return [
            form
            for form in self.shown_of(unit_id, personnummer)
            if form.template_id is None or form.template_id in template_ids
        ]

    async def form_templates(self, unit_id: HsaId) -> Mapping[FormTemplateId, bool]:
        self._require_readable()
        return {template_id: template_id not in self.archived for template_id in self.templates}

    async def list_templates(self, unit_id: HsaId) -> Sequence[ListedVersion]:
        del unit_id
        return []

    async def read_answer(self, form_id: FormId) -> Answer:
        raise PermanentFailure("nobody answers here")

    def shown_of(self, unit_id: HsaId, personnummer: Personnummer) -> list[FoundForm]:
        """All that it gives back of the person."""
        found = read_back(
            self.made, unit_id=unit_id, personnummer=personnummer, template_ids=self.templates
        )
        return [self.shown[form.id].of(form) for form in found if form.id]

    @property
    def connecting(self) -> list[Call]:
        return [
            call
            for call in self.calls
            if call.left_at is None and not call.door.done() and not call.answer.done()
        ]

    @property
    def undecided(self) -> list[Call]:
        """Calls that have left and may still be applied, whether or not anybody waits."""
        return [
            call
            for call in self.calls
            if call.left_at is not None
            and not call.not_applied
            and call.form is None
            and self.world.now <= call.left_at + HARD_TIMEOUT
        ]

    def under_way(self, loop: asyncio.AbstractEventLoop) -> int:
        """How many calls the process waits for."""
        return sum(call.loop is loop and not call.answer.done() for call in self.calls)

    def open_door(self, call: Call, *, opens: bool = True) -> None:
        """Let the call leave, if its caller still wants it to; or never open its connection."""
        if opens:
            call.door.set_result(None)
        else:
            self._soonest_again(call, seconds=0)
            call.door.set_exception(TemporaryFailure("no connection"))

    def decide(self, call: Call, fate: Fate) -> None:
        match fate:
            case Fate.ANSWERED:
                form_id = self.apply(call)
                self._answer(call, form_id)
            case Fate.ANSWER_LOST:
                self.apply(call)
                self._answer(call, UnknownOutcome("the answer was lost"))
            case Fate.FAILED:
                call.not_applied = True
                self._answer(call, UnknownOutcome("status 503"))
            case Fate.LOST_FOR_NOW:
                self._answer(call, UnknownOutcome("timed out"))
            case Fate.REFUSED:
                call.not_applied = call.known_not_applied = call.refused = True
                self._answer(call, PermanentFailure("refused"))
            case Fate.TOO_MANY:
                call.not_applied = call.known_not_applied = True
                self._soonest_again(call, seconds=RETRY_AFTER_S)
                self._answer(call, TemporaryFailure("429", retry_after_s=RETRY_AFTER_S))
            case Fate.NOT_FORWARDED:
                call.not_applied = call.known_not_applied = True
                self._soonest_again(call, seconds=0)
                self._answer(call, PlatformRefusal("VP007", contract="CreateFormRequest"))
            case Fate.REPEATED:
                self.apply(call)
                self._answer(call, self._repeat(call))
            case Fate.REPEATED_AND_LOST:
                self.apply(call)
                self._repeat(call)
                self._answer(call, UnknownOutcome("VP009"))

    def apply(self, call: Call) -> FormId:
        """Make the form, whether or not anybody waits for the answer."""
        call.form = self._make(call)
        return call.form

    def _repeat(self, call: Call) -> FormId:
        form_id = self._make(call)
        self.repeated.add(form_id)
        return form_id

    def _make(self, call: Call) -> FormId:
        form_id = FormId(str(uuid4()))
        self.made.append(KeptForm(form_id, call.order, self.world.now))
        self.shown[form_id] = self.shows
        return form_id

    def heal(self) -> None:
        """Answer everything that waits, and from now on everything at once."""
        self.well = self.readable = self.forwards = True
        self.archived.clear()
        for call in self.connecting:
            self.open_door(call)
        for call in self.undecided:
            if not call.answer.done():
                self.decide(call, Fate.ANSWERED)
        self.time_out()

    def time_out(self, *, read_timeout_s: float = 0) -> None:
        """Whoever has waited for longer gives up; the call may still be applied."""
        for call in self.calls:
            if call.waited_s(self.world.now) > read_timeout_s:
                self.decide(call, Fate.LOST_FOR_NOW)

    def _answer(self, call: Call, answer: FormId | Exception) -> None:
        if call.answer.done() or call.loop.is_closed():
            return
        call.unclear = isinstance(answer, UnknownOutcome)
        if isinstance(answer, Exception):
            call.answer.set_exception(answer)
        else:
            call.answer.set_result(answer)

    def _soonest_again(self, call: Call, *, seconds: float) -> None:
        """Not for one that is dead, paused or too late: others may have taken over meanwhile."""
        if not call.loop.stands_still() and self.is_awaited(call):
            self.not_before[call.delivery_id] = self.world.now + timedelta(seconds=max(4, seconds))

    def _require_readable(self) -> None:
        if self.readable and self.forwards:
            return
        self.was_unreadable = True
        if not self.forwards:
            raise PlatformRefusal("VP007", contract="GetForms")
        raise TemporaryFailure("status 503")


class MessageFate(StrEnum):
    """What becomes of a call for an inbox message."""

    LEFT = auto()
    ANSWER_LOST = auto()
    NOT_LEFT = auto()
    TOO_MANY = auto()
    NOT_FORWARDED = auto()
    SILENCE = auto()


@dataclass(slots=True)
class MessageBox:
    """An `Inbox`. `fates` are those of the next calls; `left` are the messages that are there."""

    registers: Registers
    on_leaving: Callable[[Personnummer, InboxMessage], str]
    fates: list[MessageFate] = field(default_factory=list)
    left: list[tuple[Personnummer, str]] = field(default_factory=list)
    _silent: list["asyncio.Future[None]"] = field(default_factory=list)

    async def user(self, personnummer: Personnummer) -> InboxUser:
        return self.registers.user(personnummer)

    async def add_message(
        self,
        personnummer: Personnummer,
        message: InboxMessage,
        *,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        if not may_leave():
            raise Withheld
        which = self.on_leaving(personnummer, message)
        fate = self.fates.pop(0) if self.fates else MessageFate.LEFT
        if fate is MessageFate.TOO_MANY:
            raise TemporaryFailure("429", retry_after_s=RETRY_AFTER_S)
        if fate is MessageFate.NOT_FORWARDED:
            raise PlatformRefusal("VP007", contract="AddMessageToPatientPortalInbox")
        if fate is not MessageFate.NOT_LEFT:
            self.left.append((personnummer, f"{message.text} {which}"))
        if fate is MessageFate.SILENCE:
            silence: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._silent.append(silence)
            await silence
        if fate is not MessageFate.LEFT:
            raise UnknownOutcome("no answer")

    def heal(self) -> None:
        self.fates.clear()
        for silence in self._silent:
            if not silence.done() and not silence.get_loop().is_closed():
                silence.set_result(None)

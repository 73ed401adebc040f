"""An afternoon on which an occasion was stopped in the middle, and what staff do then."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.clinic import GAD, PHQ, STAFF, Clinic, a_clinic
from tests.people import ANNA, BO, CILLA, DAVID
from tests.use_cases.clinic_days import Meanwhile
from tests.waiting import poll
from utskick.adapters.in_memory import FakeClock, InMemoryFormService
from utskick.domain.deliveries import FormId
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import Occasion
from utskick.ports import FormOrder
from utskick.sending.run_occasion import OccasionRun
from utskick.store import SqlStore
from utskick.use_cases.stop_dispatch import Stopped
from utskick.use_cases.ways_on import ByHand, WaysOn

EVERYONE = (ANNA, BO, CILLA, DAVID)
FORMS = (PHQ, GAD)
ALL = len(EVERYONE) * len(FORMS)


@dataclass(frozen=True, slots=True)
class Afternoon:
    """An occasion of two forms to four people that was stopped when `sent` were."""

    clinic: Clinic
    dispatch: Dispatch
    run: OccasionRun
    stopped: Stopped
    sent: int

    @property
    def occasion(self) -> Occasion:
        return self.clinic.dispatch(self.dispatch).occasions[0]

    @property
    def ways(self) -> WaysOn | None:
        opened = self.clinic.open_dispatch(
            self.dispatch.id, actor=STAFF, now=self.clinic.clock.now()
        )
        return next(iter(opened.ways), None)

    @property
    def notified(self) -> int:
        return len(self.clinic.inbox.messages)

    async def goes_on(self, way: Callable[..., ByHand]) -> None:
        """Staff choose the way, and its run does what it has to, if there is any."""
        self.clinic.by_hand(way, self.occasion)
        await self.clinic.run(self.occasion)


async def ready_to_send(clinic: Clinic, **spec: Any) -> tuple[Dispatch, OccasionRun]:
    """A dispatch whose first occasion has come to its moment."""
    dispatch = (await clinic.start(**spec)).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    run.render_message()
    await run.wait_until_due()
    return dispatch, run


async def stopped_after(store: SqlStore, sent: int, **spec: Any) -> Afternoon:
    """One call at a time; the stop comes in the middle of the last that is made."""
    # Whoever sleeps lets time pass for all, on a busy machine much of it; the lease outlasts it.
    clinic = a_clinic(store, forms_concurrency=1, lease_s=86_400, stop_heard_within_s=600)
    people = [number.digits for number in EVERYONE]
    spec = {"recipients": people, "forms": [form.key for form in FORMS]} | spec
    dispatch, run = await ready_to_send(clinic, **spec)
    answers: list[Stopped] = []

    def stop_in_the_last() -> None:
        if len(clinic.forms.forms) + 1 == sent:
            answers.append(clinic.stop(dispatch))

    usual, clinic.forms.fails_before = clinic.forms.fails_before, Meanwhile(stop_in_the_last)
    if not sent:
        answers.append(clinic.stop(dispatch))
    async with run.held():
        await asyncio.gather(run.send_forms(), run.send_inbox_messages())
        run.close()
    clinic.forms.fails_before = usual
    return Afternoon(clinic, dispatch, run, answers[0], sent)


class HeldForms(InMemoryFormService):
    """Nobody is answered before `answered` is set."""

    answered: asyncio.Event

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        form_id = await super().create_form(order, may_leave=may_leave)
        await self.answered.wait()
        return form_id


def holding(clinic: Clinic, *, until: Callable[[], bool]) -> tuple[Clinic, HeldForms]:
    """As the clinic, but no call is answered yet, and a pause lasts until something holds."""

    class Patient(FakeClock):
        def pause(self, seconds: float) -> None:
            self.advance(seconds)
            poll(until)

    forms = HeldForms(clock=clinic.clock, templates=clinic.forms.templates)
    forms.answered = asyncio.Event()
    return replace(clinic, forms=forms, clock=Patient(clinic.clock.now())), forms

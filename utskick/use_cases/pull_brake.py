"""Nödbroms: see what it would hit, pull it, and release it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from utskick.domain.brakes import (
    AlreadyReleased,
    Brake,
    BrakeId,
    BrakeScope,
    problems_of_cause,
)
from utskick.domain.dispatches import Dispatch
from utskick.domain.errors import SpecRefused
from utskick.domain.forms import FormTemplate
from utskick.domain.occasions import Occasion, OccasionId, OccasionState
from utskick.domain.rules import Rules
from utskick.domain.units import Actor, HsaId, Unit
from utskick.failpoints import Step
from utskick.ports import Clock, Scheduler
from utskick.records import FormSummary, Store, Transaction
from utskick.sending.occasion_plans import register_occasions
from utskick.sending.reconcile import hold_what_has_passed, plan_waiting_messages
from utskick.use_cases.administer_units import log_act

_MOST_SHOWN = 100
_LATEST_RELEASED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HitDispatch:
    """One that a brake is on, and how far it has come."""

    dispatch: Dispatch
    unit: Unit
    recipients: int
    forms: Sequence[FormSummary]

    @property
    def sent(self) -> int:
        return sum(form.sent for form in self.forms)

    @property
    def being_sent(self) -> bool:
        return any(o.state is OccasionState.RUNNING for o in self.dispatch.occasions)

    @property
    def next_one(self) -> Occasion | None:
        return self.dispatch.next_to_send


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a brake holds, or would: `dispatches` are the first of them, the next to be sent first.

    `goes_on` counts occasions whose inbox messages are left at once when it is released.
    """

    scope: BrakeScope
    target: str
    dispatches: Sequence[HitDispatch]
    total: int
    goes_on: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.dispatches)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrakeRegister:
    """The brakes that hold and what they hold, some that did, and what can be chosen.

    `names`: of those who have pulled one, as far as they have ever signed in.
    """

    pulled: Sequence[tuple[Brake, Hit]]
    released: Sequence[tuple[Brake, str]]
    units: Sequence[Unit]
    forms: Sequence[FormTemplate]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """`on_their_way`: forms that had been begun, and may still arrive."""

    brake: Brake
    hit: Hit
    on_their_way: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """`passed`: occasions that staff are to decide about. `hit` goes on."""

    brake: Brake
    hit: Hit
    passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PullBrake:
    """All of it is the regional administration's."""

    store: Store
    scheduler: Scheduler
    clock: Clock
    rules: Rules

    def list_brakes(self) -> BrakeRegister:
        """What holds now, and what has been released lately."""
        with self.store.transaction() as records:
            pulled = records.brakes.pulled()
            return BrakeRegister(
                pulled=[(brake, _hit(records, brake.scope)) for brake in pulled],
                released=[
                    (brake, _target(records, brake.scope))
                    for brake in records.brakes.released(limit=_LATEST_RELEASED)
                ],
                units=records.units.all(),
                forms=records.forms.all(),
                names=records.sessions.names({brake.pulled_by for brake in pulled}),
            )

    def list_pulled(self) -> Sequence[tuple[Brake, str]]:
        """Those that hold, and what each is on."""
        with self.store.transaction() as records:
            return [(each, _target(records, each.scope)) for each in records.brakes.pulled()]

    def list_of_unit(self, unit_id: HsaId) -> Sequence[tuple[Brake, str]]:
        """Those that keep the unit from sending something that it may send, or has planned."""
        with self.store.transaction() as records:
            return [
                (each, _target(records, each.scope))
                for each in records.brakes.pulled()
                if _concerns(records, each.scope, unit_id)
            ]

    def would_hit(self, scope: BrakeScope) -> Hit:
        """What it would be on. Raises `NotFound` for a unit or template that is not there."""
        with self.store.transaction() as records:
            return _hit(records, scope)

    def held_by(self, brake_id: BrakeId) -> Hit:
        """What goes on when it is released. Raises `NotFound`."""
        with self.store.transaction() as records:
            return _hit(records, records.brakes.get(brake_id).scope)

    def pull(self, scope: BrakeScope, cause: str, *, actor: Actor, now: datetime) -> Pulled:
        """Let nothing of it leave. It is answered when whoever is sending has heard of it.

        What is under way then may still arrive. Raises `SpecRefused` for a cause that is missing
        or may not be shown, or `NotFound`.
        """
        cause = " ".join(cause.split())
        if problems := problems_of_cause(cause):
            raise SpecRefused(problems)
        brake = Brake(
            id=BrakeId(uuid4()), scope=scope, cause=cause, pulled_by=actor.name, pulled_at=now
        )
        with self.store.transaction(Step.BRAKE) as records:
            target = _target(records, scope)
            records.brakes.pull(brake)
            log_act(f"dragit nödbromsen för {target}: {cause}", actor, records, now)
        # Whoever asked right before that may still be at it: always, as nobody can be seen asking.
        self.clock.pause(self.rules.stop_heard_within_s)
        with self.store.transaction() as records:
            return Pulled(
                brake=brake,
                hit=_hit(records, scope),
                on_their_way=records.brakes.on_their_way(scope),
            )

    def release(self, brake_id: BrakeId, *, actor: Actor, now: datetime) -> Released:
        """Let it go on: whose moment is still to come is sent then, unless another brake holds it.

        What should have been sent meanwhile waits for staff, whoever comes first to note it.
        Messages that were held are left now. Raises `AlreadyReleased` or `NotFound`.
        """
        hold_what_has_passed(self.store, now)
        with self.store.transaction() as records:
            brake = records.brakes.get(brake_id)
            waiting = records.brakes.awaiting_messages(brake.scope)
        if brake.released_at is not None:
            raise AlreadyReleased
        plan_waiting_messages(waiting, self.store, now)
        with self.store.transaction(Step.RELEASE) as records:
            if not records.brakes.release(brake_id, by=actor.name, now=now):
                raise AlreadyReleased
            records.brakes.list_anew(brake.scope, now=now)
            hit = replace(_hit(records, brake.scope), goes_on=len(waiting))
            log_act(f"släppt nödbromsen för {hit.target}", actor, records, now)
            brake = records.brakes.get(brake_id)
            passed = records.brakes.waiting_for_staff(brake_id)
        for occasion_id in waiting:
            self._register(occasion_id, now)
        return Released(brake=brake, hit=hit, passed=passed)

    def _register(self, occasion_id: OccasionId, now: datetime) -> None:
        with self.store.transaction() as records:
            dispatch, _ = records.dispatches.of_occasion(occasion_id)
        register_occasions(
            dispatch.id, store=self.store, scheduler=self.scheduler, rules=self.rules, now=now
        )


def _hit(records: Transaction, scope: BrakeScope) -> Hit:
    dispatches = records.brakes.hit(scope, limit=_MOST_SHOWN)
    units: Mapping[HsaId, Unit] = {unit.id: unit for unit in records.units.all()}
    listed = records.overview.listed(dispatches)
    return Hit(
        scope=scope,
        target=_target(records, scope),
        dispatches=[
            HitDispatch(
                dispatch=each.dispatch,
                unit=units[each.dispatch.unit_id],
                recipients=each.recipients,
                forms=each.forms,
            )
            for each in listed
        ],
        total=records.brakes.count_hit(scope),
        goes_on=len(records.brakes.awaiting_messages(scope)),
    )


def _concerns(records: Transaction, scope: BrakeScope, unit_id: HsaId) -> bool:
    if scope.template_id is None:
        return scope.hits(unit_id, ())
    (access,) = records.forms.access(unit_id, [scope.template_id])
    return access.available or unit_id in records.forms.in_use(scope.template_id)


def _target(records: Transaction, scope: BrakeScope) -> str:
    """In words. Raises `NotFound`."""
    if scope.unit_id is not None:
        return f"enheten {records.units.get(scope.unit_id).name}"
    if scope.template_id is not None:
        return f"formuläret {records.forms.get(scope.template_id).name}"
    return "alla utskick"

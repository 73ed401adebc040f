"""Which run has an occasion, and until when: the lease that keeps two runs apart."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from utskick.domain.brakes import BrakeId
from utskick.domain.deliveries import OPEN_STATES, DeliveryState
from utskick.domain.dispatches import DispatchId, DispatchStatus
from utskick.domain.occasions import HAS_A_REST, Aim, OccasionId, OccasionState, RunToken
from utskick.records import PlannedOccasion
from utskick.store.leases import braked, may_notify, may_send
from utskick.store.punctuality import SqlPunctuality
from utskick.store.statements import database_clock
from utskick.store.tables import DeliveryRow, DispatchRow, InboxMessageRow, OccasionRow

_HAS_A_REST = tuple(state.value for state in HAS_A_REST)
_OPEN = tuple(state.value for state in OPEN_STATES)
_UNENDED = (DeliveryState.PLANNED.value, *_OPEN)


class SqlOccasions:
    def __init__(self, session: Session, punctuality: SqlPunctuality) -> None:
        self._session = session
        self._punctuality = punctuality

    def planned(
        self, *, before: datetime | None = None, limit: int | None = None
    ) -> Sequence[PlannedOccasion]:
        statement = _planned().limit(limit)
        if before is not None:
            statement = statement.where(OccasionRow.sends_at <= before, ~braked())
        return self._found(statement)

    def unregistered(self, *, before: datetime, limit: int) -> Sequence[PlannedOccasion]:
        return self._found(
            _planned()
            .where(~OccasionRow.registered, DispatchRow.created_at <= before)
            .limit(limit)
        )

    def note_registered(self, occasion_id: OccasionId, *, version: int) -> None:
        self._session.execute(
            update(OccasionRow)
            .where(OccasionRow.id == occasion_id, OccasionRow.version == version)
            .values(registered=True)
        )

    def claim(self, occasion_id: OccasionId, *, token: RunToken, lease_s: float) -> bool:
        now = database_clock(self._session)
        # The dispatch's row is shared first, so that a stop is wholly before or wholly after (I8).
        shared = self._session.scalar(
            select(DispatchRow.id)
            .join(OccasionRow, OccasionRow.dispatch_id == DispatchRow.id)
            .where(OccasionRow.id == occasion_id, _awaits_run(), ~braked())
            .with_for_update(read=True, of=DispatchRow)
        )
        if shared is None:
            return False
        return self._changed(
            update(OccasionRow)
            .where(OccasionRow.id == occasion_id, _free(token, now))
            .values(
                state=OccasionState.RUNNING.value,
                run_token=token,
                lease_until=now + timedelta(seconds=lease_s),
            )
        )

    def renew(self, held: Mapping[RunToken, OccasionId], *, lease_s: float) -> int:
        until = database_clock(self._session) + timedelta(seconds=lease_s)
        ours = and_(
            OccasionRow.id.in_(held.values()),
            OccasionRow.run_token.in_(held),
            OccasionRow.state == OccasionState.RUNNING.value,
        )
        # In the order in which those who ask whether they may send take them.
        self._session.execute(
            select(OccasionRow.id).where(ours).order_by(OccasionRow.id).with_for_update()
        )
        result = self._session.execute(update(OccasionRow).where(ours).values(lease_until=until))
        assert isinstance(result, CursorResult)
        return result.rowcount

    def set_message(self, occasion_id: OccasionId, *, heading: str, text: str) -> None:
        self._session.execute(
            update(OccasionRow)
            .where(OccasionRow.id == occasion_id)
            .values(message_heading=heading, message_text=text)
        )

    def message(self, occasion_id: OccasionId) -> tuple[str, str]:
        heading, text = self._session.execute(
            select(OccasionRow.message_heading, OccasionRow.message_text).where(
                OccasionRow.id == occasion_id
            )
        ).one()
        return heading, text

    def close(
        self,
        occasion_id: OccasionId,
        state: OccasionState,
        *,
        token: RunToken | None = None,
        now: datetime,
    ) -> bool:
        unheld = or_(
            OccasionRow.state.in_((OccasionState.PLANNED.value, *_HAS_A_REST)),
            and_(
                OccasionRow.state == OccasionState.RUNNING.value,
                OccasionRow.lease_until < database_clock(self._session),
            ),
        )
        closed_at = None if state is OccasionState.PLANNED else now
        closed = self._changed(
            update(OccasionRow)
            .where(OccasionRow.id == occasion_id, _held_by(token) if token else unheld)
            .values(state=state.value, run_token=None, lease_until=None, closed_at=closed_at)
        )
        if closed:
            self._punctuality.note(occasion_id)
        return closed

    def may_close(self, occasion_id: OccasionId, *, token: RunToken) -> bool:
        held = select(OccasionRow.id).where(OccasionRow.id == occasion_id, _held_by(token))
        return self._session.scalar(held.with_for_update()) is not None

    def may_send(self, occasion_id: OccasionId, *, token: RunToken) -> bool:
        return may_send(self._session, occasion_id, token)

    def sendable(self, runs: Mapping[RunToken, OccasionId]) -> Collection[RunToken]:
        held = self._session.connection().execute(_SENDABLE, {"ids": list(runs.values())})
        return {RunToken(token) for token in held.scalars() if token and token in runs}

    def begin_sending(self, occasion_id: OccasionId, *, token: RunToken, late: bool) -> bool:
        return self._changed(
            update(OccasionRow)
            .where(OccasionRow.id == occasion_id, _held_by(token))
            .values(late=late)
        )

    def note_unchecked(self, occasion_id: OccasionId, *, persons: int, accounts: int) -> None:
        row = self._session.get_one(OccasionRow, occasion_id, populate_existing=True)
        row.unchecked_persons = max(row.unchecked_persons, persons)
        row.unchecked_accounts = max(row.unchecked_accounts, accounts)
        self._session.flush()

    def may_notify(self, occasion_id: OccasionId, *, token: RunToken) -> bool:
        return may_notify(self._session, occasion_id, token)

    def halt(self, dispatch_id: DispatchId, *, now: datetime) -> None:
        begun = or_(
            OccasionRow.sends_at <= now,
            _has_deliveries(DeliveryRow.first_intent_at.is_not(None)),
        )
        self._session.execute(
            update(OccasionRow)
            .where(
                OccasionRow.dispatch_id == dispatch_id,
                OccasionRow.state == OccasionState.RUNNING.value,
                OccasionRow.aim == Aim.SEND.value,
                begun,
            )
            .values(aim=Aim.STOP.value)
        )

    def move_to_now(self, occasion_id: OccasionId, *, local: datetime, now: datetime) -> None:
        self._session.execute(
            update(OccasionRow)
            .where(OccasionRow.id == occasion_id)
            .values(
                local_date=local.date(),
                local_time=local.time().replace(microsecond=0),
                sends_at=now,
                by_hand_at=now,
                version=OccasionRow.version + 1,
                registered=False,
            )
        )

    def plan_by_hand(self, occasion_id: OccasionId, aim: Aim, *, now: datetime) -> None:
        self._session.execute(
            update(OccasionRow)
            .where(OccasionRow.id == occasion_id)
            .values(
                state=OccasionState.PLANNED.value,
                aim=aim.value,
                version=OccasionRow.version + 1,
                registered=False,
                run_token=None,
                lease_until=None,
                by_hand_at=now,
                closed_at=None,
                brake_id=None,
            )
        )

    def note_brake(self, occasion_id: OccasionId, brake_id: BrakeId) -> None:
        self._session.execute(
            update(OccasionRow).where(OccasionRow.id == occasion_id).values(brake_id=brake_id)
        )

    def abandoned(self) -> list[tuple[OccasionId, RunToken]]:
        now = database_clock(self._session)
        rows = self._session.execute(
            select(OccasionRow.id, OccasionRow.run_token).where(
                OccasionRow.state == OccasionState.RUNNING.value, OccasionRow.lease_until < now
            )
        )
        return [(OccasionId(row.id), RunToken(row.run_token)) for row in rows]

    def alive(self, tokens: Collection[RunToken]) -> set[RunToken]:
        rows = self._session.scalars(
            select(OccasionRow.run_token).where(
                OccasionRow.state == OccasionState.RUNNING.value,
                OccasionRow.lease_until >= database_clock(self._session),
            )
        )
        return {RunToken(token) for token in rows if token and token in tokens}

    def without_trace(self, *, before: datetime) -> list[OccasionId]:
        due = and_(
            OccasionRow.state == OccasionState.PLANNED.value, OccasionRow.sends_at <= before
        )
        begun = OccasionRow.state.in_((OccasionState.RUNNING.value, *_HAS_A_REST))
        rows = self._session.scalars(
            select(OccasionRow.id)
            .join(DispatchRow, DispatchRow.id == OccasionRow.dispatch_id)
            .where(
                DispatchRow.status != DispatchStatus.ABORTED.value,
                or_(due, begun),
                ~_has_deliveries(),
            )
        )
        return [OccasionId(occasion_id) for occasion_id in rows]

    def with_a_rest_but_nothing_left(self) -> list[OccasionId]:
        unended = (
            exists().where(
                DeliveryRow.occasion_id == OccasionRow.id, DeliveryRow.state.in_(_UNENDED)
            ),
            exists().where(
                InboxMessageRow.occasion_id == OccasionRow.id, InboxMessageRow.state.in_(_UNENDED)
            ),
        )
        rows = self._session.scalars(
            select(OccasionRow.id).where(
                OccasionRow.state.in_(_HAS_A_REST),
                _has_deliveries(),
                ~or_(*unended),
            )
        )
        return [OccasionId(occasion_id) for occasion_id in rows]

    def ended_and_uncertain(self) -> list[OccasionId]:
        uncertain, is_open = (
            exists().where(
                DeliveryRow.occasion_id == OccasionRow.id, DeliveryRow.state.in_(states)
            )
            for states in ((DeliveryState.MANUAL.value,), _OPEN)
        )
        rows = self._session.scalars(
            select(OccasionRow.id).where(
                OccasionRow.state == OccasionState.ENDED.value, uncertain, ~is_open
            )
        )
        return [OccasionId(occasion_id) for occasion_id in rows]

    def _found(self, statement: Select[Any]) -> Sequence[PlannedOccasion]:
        return [
            PlannedOccasion(OccasionId(occasion_id), version, sends_at)
            for occasion_id, version, sends_at in self._session.execute(statement)
        ]

    def _changed(self, statement: Any) -> bool:
        result = self._session.execute(statement)
        assert isinstance(result, CursorResult)
        return result.rowcount == 1


_SENDABLE = (
    select(OccasionRow.run_token)
    .join(DispatchRow, DispatchRow.id == OccasionRow.dispatch_id)
    .where(
        OccasionRow.id.in_(bindparam("ids", expanding=True)),
        OccasionRow.state == OccasionState.RUNNING.value,
        OccasionRow.aim == Aim.SEND.value,
        DispatchRow.status == DispatchStatus.ONGOING.value,
        ~braked(),
    )
)


def _planned() -> Select[Any]:
    return (
        select(OccasionRow.id, OccasionRow.version, OccasionRow.sends_at)
        .join(DispatchRow, DispatchRow.id == OccasionRow.dispatch_id)
        .where(
            OccasionRow.state == literal_column(f"'{OccasionState.PLANNED.value}'"),
            _awaits_run(),
        )
        .order_by(OccasionRow.sends_at)
    )


def _awaits_run() -> ColumnElement[bool]:
    """Its dispatch is ongoing, or a stop has left somebody to notify."""
    ongoing = DispatchRow.status == DispatchStatus.ONGOING.value
    return or_(ongoing, OccasionRow.aim != Aim.SEND.value)


def _has_deliveries(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(DeliveryRow.occasion_id == OccasionRow.id, *which)


def _held_by(token: RunToken) -> ColumnElement[bool]:
    return and_(OccasionRow.state == OccasionState.RUNNING.value, OccasionRow.run_token == token)


def _free(token: RunToken, now: datetime) -> ColumnElement[bool]:
    running = OccasionRow.state == OccasionState.RUNNING.value
    return or_(
        OccasionRow.state == OccasionState.PLANNED.value,
        and_(running, or_(OccasionRow.lease_until < now, OccasionRow.run_token == token)),
    )

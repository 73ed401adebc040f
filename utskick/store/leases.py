"""Whether runs may still send: asked in the same transaction as each intent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import DispatchStatus, RecipientState
from utskick.domain.occasions import Aim, OccasionId, OccasionState, RunToken
from utskick.store.statements import database_now
from utskick.store.tables import (
    BrakeRow,
    DeliveryRow,
    DispatchFormRow,
    DispatchRow,
    InboxMessageRow,
    OccasionRow,
    PackageTemplateRow,
    RecipientRow,
)


def braked() -> ColumnElement[bool]:
    """Whether a brake holds the `DispatchRow` of the statement around this.

    It says in SQL what `BrakeScope.hits` says.
    """
    everything = and_(BrakeRow.unit_id.is_(None), BrakeRow.template_id.is_(None))
    one_of_its_forms = exists().where(
        DispatchFormRow.dispatch_id == DispatchRow.id,
        DispatchFormRow.template_id == BrakeRow.template_id,
    )
    return (
        exists()
        .where(
            BrakeRow.released_at.is_(None),
            or_(
                everything,
                BrakeRow.unit_id == DispatchRow.unit_id,
                one_of_its_forms.correlate(DispatchRow, BrakeRow),
            ),
        )
        .correlate(DispatchRow)
    )


_HAS_REMOVED = exists().where(
    RecipientRow.dispatch_id == DispatchRow.id,
    RecipientRow.state == RecipientState.REMOVED.value,
)
_CHECKS = (
    select(PackageTemplateRow.checks_already_has)
    .where(
        PackageTemplateRow.key == DispatchRow.package_key,
        PackageTemplateRow.version == DispatchRow.package_version,
    )
    .scalar_subquery()
)
_HELD = (
    select(
        OccasionRow.id,
        DispatchRow.status,
        OccasionRow.state,
        OccasionRow.run_token,
        OccasionRow.aim,
        _HAS_REMOVED.label("has_removed"),
        braked().label("braked"),
        _CHECKS.label("checks"),
        database_now().label("now"),
    )
    .select_from(DispatchRow)
    .join(OccasionRow, OccasionRow.dispatch_id == DispatchRow.id)
    .where(OccasionRow.id.in_(bindparam("occasion_ids", expanding=True)))
    # As everybody takes them: the dispatch before its occasion, and occasions by their ids. In
    # another order two could wait for each other.
    .order_by(OccasionRow.id)
    .with_for_update(read=True, of=(DispatchRow, OccasionRow))
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The occasions that may be sent, and the time.

    Those of them with removed recipients, and those whose packages look who has a form already.
    """

    occasion_ids: frozenset[OccasionId]
    with_removed: frozenset[OccasionId]
    checking: frozenset[OccasionId]
    now: datetime | None


def may_send(session: Session, occasion_id: OccasionId, token: RunToken) -> bool:
    """As `who_may_send`, for one run."""
    return bool(who_may_send(session, {occasion_id: token}).occasion_ids)


def may_notify(session: Session, occasion_id: OccasionId, token: RunToken) -> bool:
    """Whether the run may leave inbox messages: after a stop in the middle, too.

    Shares the rows as `who_may_send` does.
    """
    held = session.connection().execute(_HELD, {"occasion_ids": [occasion_id]}).one_or_none()
    return (
        held is not None
        and not held.braked
        and held.state == OccasionState.RUNNING.value
        and held.run_token == token
        and (held.status == DispatchStatus.ONGOING.value or held.aim != Aim.SEND.value)
    )


def who_may_send(session: Session, tokens: Mapping[OccasionId, RunToken]) -> Allowed:
    """Which of the occasions are their runs' to send; `tokens` names the run of each.

    Shares the dispatches' and the occasions' rows until the transaction ends (I8): a stop, a
    removal or another run's claim is therefore wholly before or wholly after. A brake is on too
    many dispatches for that: whoever asked right before it was pulled may go on for as long as an
    answer holds, and the pull is answered after that.
    """
    held = session.connection().execute(_HELD, {"occasion_ids": list(tokens)}).all()
    allowed = [
        row
        for row in held
        if row.status == DispatchStatus.ONGOING.value
        and row.aim == Aim.SEND.value
        and row.state == OccasionState.RUNNING.value
        and row.run_token == tokens[row.id]
        and not row.braked
    ]
    return Allowed(
        occasion_ids=frozenset(row.id for row in allowed),
        with_removed=frozenset(row.id for row in allowed if row.has_removed),
        checking=frozenset(row.id for row in allowed if row.checks),
        now=allowed[0].now if allowed else None,
    )


def cancel_for_removed(
    session: Session,
    table: type[DeliveryRow] | type[InboxMessageRow],
    occasion_ids: Collection[OccasionId],
) -> None:
    """What was under way at the removal may since have come back to be tried again (I8).

    To be called once `who_may_send` has shared the rows: no removal can come between.
    """
    session.connection().execute(_CANCELLING[table], {"occasion_ids": list(occasion_ids)})


_REMOVED = (
    select(RecipientRow.id)
    .join(OccasionRow, OccasionRow.dispatch_id == RecipientRow.dispatch_id)
    .where(
        OccasionRow.id.in_(bindparam("occasion_ids", expanding=True)),
        RecipientRow.state == RecipientState.REMOVED.value,
    )
)
_CANCELLING = {
    table: update(table)
    .where(
        table.occasion_id.in_(bindparam("occasion_ids", expanding=True)),
        table.state == DeliveryState.PLANNED.value,
        table.recipient_id.in_(_REMOVED),
    )
    .values(state=DeliveryState.CANCELLED.value)
    for table in (DeliveryRow, InboxMessageRow)
}

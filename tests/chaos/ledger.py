"""What the neighbour holds, against what our ledger says: counted there, per delivery."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import Engine, RowMapping, text

_DELIVERIES = text(
    "SELECT delivery.id, delivery.dispatch_id, delivery.recipient_id, delivery.state,"
    " delivery.attempt, delivery.form_id AS form, dispatch.status,"
    " occasion.state AS occasion, recipient.state AS recipient"
    " FROM delivery JOIN dispatch ON dispatch.id = delivery.dispatch_id"
    " JOIN occasion ON occasion.id = delivery.occasion_id"
    " JOIN recipient ON recipient.id = delivery.recipient_id"
)
_MESSAGES = text("SELECT state, count(*) AS number FROM inbox_message GROUP BY state")
_FORGOTTEN = text(
    "SELECT count(*) FROM occasion"
    " JOIN recipient ON recipient.dispatch_id = occasion.dispatch_id"
    " JOIN dispatch_form ON dispatch_form.dispatch_id = occasion.dispatch_id"
    " WHERE occasion.state = 'done' AND recipient.state = 'active' AND NOT EXISTS ("
    "SELECT 1 FROM delivery WHERE delivery.occasion_id = occasion.id"
    " AND delivery.recipient_id = recipient.id"
    " AND delivery.template_id = dispatch_form.template_id)"
)
"""Who should have had a form at an occasion that has ended, and for whom none was planned."""
_MAY_HAVE_LEFT = ("sending", "unknown", "sent", "manual")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A delivery as the ledger has it."""

    id: UUID
    dispatch_id: UUID
    recipient_id: UUID
    state: str
    attempt: int
    form: str | None
    status: str
    occasion: str
    recipient: str

    @property
    def may_have_left(self) -> bool:
        return self.state in _MAY_HAVE_LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All but the first and the last must be 0.

    `lost`: should have been sent, and was not, or was never planned. `double`: more than one form
    for a delivery. `wrong`: the ledger names a form that another delivery made. `unrecorded`: a
    form that the ledger does not know as sent. `after_stop`: sent although stopped or removed
    before. `notified_twice`: inbox messages beyond those in the ledger. `manual`: left to staff.
    """

    deliveries: int
    lost: int
    double: int
    wrong: int
    unrecorded: int
    after_stop: int
    notified_twice: int
    manual: int

    @property
    def clean(self) -> bool:
        """Whether everything that must be 0 is."""
        named = {field.name for field in fields(self)} - {"deliveries", "manual"}
        return not any(getattr(self, name) for name in named)


def rows_of(engine: Engine) -> list[Row]:
    """The ledger, by a query of our own."""
    with engine.connect() as connection:
        found = connection.execute(_DELIVERIES).mappings().all()
    return [Row(**dict(each) | _as_uuids(each)) for each in found]


def truth_of(local_1177: str) -> Mapping[str, Any]:
    """Everything that the local 1177 holds."""
    truth: Mapping[str, Any] = httpx.get(f"{local_1177}/control/truth", timeout=60).json()
    return truth


def truth_of_person(local_1177: str, number: str) -> Mapping[str, Any]:
    """What the local 1177 holds about one."""
    held: Mapping[str, Any] = httpx.post(
        f"{local_1177}/control/truth/person", json={"personnummer": number}, timeout=60
    ).json()
    return held


def judge(
    rows: Sequence[Row],
    truth: Mapping[str, Any],
    *,
    engine: Engine,
    stopped: Mapping[UUID, Row] | None = None,
    messages: int | None = None,
) -> Verdict:
    """Hold both against each other. `stopped`: each delivery that nothing more should be sent of,
    as it was then; `messages`: how many the neighbour got, if it served nobody else."""
    made = _made(truth["forms"], {row.id for row in rows})
    return Verdict(
        deliveries=len(rows),
        lost=_forgotten(engine) + sum(_is_lost(row, made[row.id]) for row in rows),
        double=sum(max(0, len(forms) - 1) for forms in made.values()),
        wrong=sum(row.form is not None and row.form not in made[row.id] for row in rows),
        unrecorded=sum(bool(made[row.id]) and row.state not in ("sent", "manual") for row in rows),
        after_stop=_after_stop(rows, made, stopped or {}),
        notified_twice=0 if messages is None else _notified_twice(messages, engine),
        manual=sum(row.state == "manual" for row in rows),
    )


def _made(forms: Iterable[Mapping[str, str]], ours: set[UUID]) -> dict[UUID, list[str]]:
    """By delivery: each call carries the id of the delivery that it is about."""
    made: dict[UUID, list[str]] = defaultdict(list)
    for form in forms:
        delivery_id = UUID(form["reference"].partition("/")[0]) if form["reference"] else None
        if delivery_id in ours:
            made[delivery_id].append(form["formId"])
    return made


def _forgotten(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(_FORGOTTEN) or 0


def _is_lost(row: Row, forms: Sequence[str]) -> bool:
    if row.state == "sent":
        return not forms
    wanted = row.recipient == "active" and row.status in ("ongoing", "completed")
    return wanted and row.state != "manual"


def _after_stop(
    rows: Iterable[Row], made: dict[UUID, list[str]], stopped: Mapping[UUID, Row]
) -> int:
    """A new intent after the stop, or a form of what had not left by then."""

    def sent_after(row: Row) -> bool:
        then = stopped.get(row.id)
        if then is None:
            # Planned later, if it is of a stopped dispatch or a removed recipient at all.
            off = row.status == "stopped" or row.recipient == "removed"
            return off and bool(made[row.id])
        return row.attempt > then.attempt or (bool(made[row.id]) and not then.may_have_left)

    return sum(map(sent_after, rows))


def _notified_twice(messages: int, engine: Engine) -> int:
    with engine.connect() as connection:
        states: dict[str, int] = {row.state: row.number for row in connection.execute(_MESSAGES)}
    return max(0, messages - states.get("sent", 0) - states.get("manual", 0))


def _as_uuids(row: RowMapping) -> dict[str, UUID]:
    """SQLite keeps them as text."""
    names = ("id", "dispatch_id", "recipient_id")
    return {name: row[name] if isinstance(row[name], UUID) else UUID(row[name]) for name in names}

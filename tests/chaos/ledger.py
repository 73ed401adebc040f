"""What the neighbour holds, against what our ledger says: counted there, per delivery."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import Engine, RowMapping, text

from utskick.domain.rules import Rules

_DELIVERIES = text(
    "SELECT delivery.id, delivery.dispatch_id, delivery.recipient_id, delivery.person_id,"
    " delivery.template_id, delivery.state,"
    " delivery.attempt, delivery.unclear_calls, delivery.form_id AS form, dispatch.status,"
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
_COUNTS = ("deliveries", "manual", "repeated", "unowned_seconds")
_MOST_UNCLEAR = Rules().most_unclear_calls
_MAY_HAVE_LEFT = ("sending", "unknown", "sent", "manual")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A delivery as the ledger has it."""

    id: UUID
    dispatch_id: UUID
    recipient_id: UUID
    person_id: UUID
    template_id: UUID
    state: str
    attempt: int
    unclear_calls: int
    form: str | None
    status: str
    occasion: str
    recipient: str

    @property
    def key(self) -> tuple[UUID, UUID]:
        """All that distinguishes its form from others, but for dates and time."""
        return self.person_id, self.template_id

    @property
    def may_have_left(self) -> bool:
        return self.state in _MAY_HAVE_LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All but the counts must be 0: `deliveries`, those left to staff (`manual`), forms that the
    platform made once more of one call of ours (`repeated`), of which nobody owns some though
    their delivery was sent (`unowned_seconds`): the nightly comparison has to find them.

    `lost`: should have been sent, and was not, or was never planned. `double`: forms of more than
    one call for a delivery. `wrong`: the ledger names a form that another delivery made, unless
    that one had another to spare. `unrecorded`: a form that the ledger does not know as sent.
    `after_stop`: sent although stopped or removed before. `notified_twice`: inbox messages beyond
    those in the ledger. `unexplained`: left to staff, though nothing was made twice and few
    answers were unclear.
    """

    deliveries: int
    lost: int
    double: int
    wrong: int
    unrecorded: int
    after_stop: int
    notified_twice: int
    unexplained: int
    manual: int
    repeated: int
    unowned_seconds: int

    @property
    def clean(self) -> bool:
        """Whether everything that must be 0 is."""
        named = {field.name for field in fields(self)} - set(_COUNTS)
        return not any(getattr(self, name) for name in named)


@dataclass(frozen=True, slots=True)
class _Made:
    """The forms of one delivery, and of how many calls they are."""

    forms: frozenset[str] = frozenset()
    calls: int = 0

    def spare(self, owned: str | None) -> frozenset[str]:
        """Those that the platform has made too many: which they are, only their owner shows."""
        return self.forms - {owned} if len(self.forms) > self.calls else frozenset()


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
    made = _made(truth["forms"], rows)
    spare = {form for row in rows for form in made[row.id].spare(row.form)}
    made_twice = {row.key for row in rows if made[row.id].spare(None)}
    taken = {row.form for row in rows if row.form}
    owned = {row.id: row.form in made[row.id].forms | spare for row in rows if row.form}
    return Verdict(
        deliveries=len(rows),
        lost=_forgotten(engine) + sum(_is_lost(row, found=owned.get(row.id)) for row in rows),
        double=sum(max(0, each.calls - 1) for each in made.values()),
        wrong=sum(not found for found in owned.values()),
        unrecorded=sum(
            bool(made[row.id].forms) and row.state not in ("sent", "manual") for row in rows
        ),
        after_stop=_after_stop(rows, made, stopped or {}),
        notified_twice=0 if messages is None else _notified_twice(messages, engine),
        unexplained=sum(
            row.state == "manual"
            and row.unclear_calls < _MOST_UNCLEAR
            and row.key not in made_twice
            for row in rows
        ),
        manual=sum(row.state == "manual" for row in rows),
        repeated=sum(len(each.forms) - each.calls for each in made.values()),
        unowned_seconds=sum(
            len(made[row.id].spare(row.form) - taken) for row in rows if row.state == "sent"
        ),
    )


def _made(forms: Iterable[Mapping[str, str]], rows: Sequence[Row]) -> Mapping[UUID, _Made]:
    """By delivery: each call carries the id of the delivery that it is about, and the attempt."""
    made: dict[UUID, dict[str, str]] = {row.id: {} for row in rows}
    for form in forms:
        delivery_id = UUID(form["reference"].partition("/")[0]) if form["reference"] else None
        if delivery_id in made:
            made[delivery_id][form["formId"]] = form["reference"]
    return {
        delivery_id: _Made(frozenset(of), len(set(of.values())))
        for delivery_id, of in made.items()
    }


def _forgotten(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(_FORGOTTEN) or 0


def _is_lost(row: Row, *, found: bool | None) -> bool:
    if row.state == "sent":
        return not found
    wanted = row.recipient == "active" and row.status in ("ongoing", "completed")
    return wanted and row.state != "manual"


def _after_stop(
    rows: Iterable[Row], made: Mapping[UUID, _Made], stopped: Mapping[UUID, Row]
) -> int:
    """A new intent after the stop, or a form of what had not left by then."""

    def sent_after(row: Row) -> bool:
        then, is_there = stopped.get(row.id), bool(made[row.id].forms)
        if then is None:
            # Planned later, if it is of a stopped dispatch or a removed recipient at all.
            off = row.status == "stopped" or row.recipient == "removed"
            return off and is_there
        return row.attempt > then.attempt or (is_there and not then.may_have_left)

    return sum(map(sent_after, rows))


def _notified_twice(messages: int, engine: Engine) -> int:
    with engine.connect() as connection:
        states: dict[str, int] = {row.state: row.number for row in connection.execute(_MESSAGES)}
    return max(0, messages - states.get("sent", 0) - states.get("manual", 0))


def _as_uuids(row: RowMapping) -> dict[str, UUID]:
    """SQLite keeps them as text."""
    names = ("id", "dispatch_id", "recipient_id", "person_id", "template_id")
    return {name: row[name] if isinstance(row[name], UUID) else UUID(row[name]) for name in names}

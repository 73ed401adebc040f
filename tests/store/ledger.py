"""Dispatches straight into the store, as far on their way as a test needs them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from tests.clinic import FORMS, OTHER_UNIT, PHQ, STAFF, UNIT
from tests.people import ANNA, BO
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.deliveries import (
    ClaimedDelivery,
    ClaimedInboxMessage,
    DeliveryState,
    FormId,
    Outcome,
    Refusal,
)
from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchId,
    DispatchKind,
    Recipient,
    RecipientId,
)
from utskick.domain.forms import FormTemplate
from utskick.domain.occasions import Occasion, OccasionId, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.records import DeliveryClaim
from utskick.store import SqlStore

NOW = datetime(2027, 2, 1, 11, tzinfo=UTC)
"""Noon in Stockholm."""
ANSWER_BY = date(2028, 2, 1)
PURGE_AFTER = date(2028, 3, 1)
LEASE_S = 60.0
NO_LEASE_S = -1.0
"""A lease that has run out when it begins, so that no test has to wait for one."""


def fill_register(store: SqlStore) -> None:
    with store.transaction() as records:
        records.units.save([UNIT, OTHER_UNIT])
        records.forms.save(FORMS)


def an_occasion(number: int = 1, *, sends_at: datetime = NOW, questions_due: int = 0) -> Occasion:
    local = sends_at.astimezone(STOCKHOLM)
    return Occasion(
        id=OccasionId(uuid4()),
        number=number,
        local_date=local.date(),
        local_time=local.time(),
        zone=STOCKHOLM,
        sends_at=sends_at,
        questions_due=questions_due,
    )


def a_dispatch(*, forms: Sequence[FormTemplate] = (PHQ,), **changes: Any) -> Dispatch:
    parts: dict[str, Any] = {
        "id": DispatchId(uuid4()),
        "kind": DispatchKind.PACKAGE,
        "unit_id": UNIT.id,
        "name": "Inför besök",
        "title": "Inför ditt besök",
        "forms": tuple(DispatchedForm(f.id, f.name, f.resident_name) for f in forms),
        "occasions": (an_occasion(),),
        "error_addresses": ("formularhantering@vgregion.se",),
        "creates_inbox_message": True,
        "inbox_message": "Hej!",
        "form_banner": "",
        "created_by": STAFF.name,
        "created_at": NOW - timedelta(days=1),
    }
    return Dispatch(**(parts | changes))


@dataclass(frozen=True, slots=True)
class Ledger:
    """One dispatch in the store, and the run that has its first occasion."""

    store: SqlStore
    dispatch: Dispatch
    recipients: tuple[Recipient, ...]
    token: RunToken

    @property
    def occasion_id(self) -> OccasionId:
        return self.dispatch.occasions[0].id

    def plan(
        self,
        *,
        recipients: Collection[RecipientId] | None = None,
        refused: Mapping[RecipientId, Refusal] | None = None,
    ) -> set[RecipientId]:
        wanted = {r.id for r in self.recipients} if recipients is None else recipients
        with self.store.transaction() as records:
            return records.deliveries.plan(
                self.occasion_id,
                recipients=wanted,
                refused=refused or {},
                answer_by=ANSWER_BY,
                purge_after=PURGE_AFTER,
            )

    def take(self, *, token: RunToken | None = None, lease_s: float = LEASE_S) -> bool:
        with self.store.transaction() as records:
            return records.occasions.claim(
                self.occasion_id, token=token or self.token, lease_s=lease_s
            )

    def claim(
        self, *, limit: int = 100, token: RunToken | None = None, lease_s: float = LEASE_S
    ) -> list[ClaimedDelivery]:
        with self.store.transaction() as records:
            ours = DeliveryClaim(
                occasion_id=self.occasion_id, token=token or self.token, limit=limit
            )
            return records.deliveries.claim([ours], lease_s=lease_s)

    def record(self, *outcomes: Outcome) -> int:
        with self.store.transaction() as records:
            return records.deliveries.record(outcomes)

    def settle(self, *outcomes: Outcome) -> int:
        with self.store.transaction() as records:
            return records.deliveries.settle(outcomes)

    def send(self, *, limit: int = 100) -> list[ClaimedDelivery]:
        """DeliveryClaim, and record all as sent."""
        claimed = self.claim(limit=limit)
        self.record(*(sent(delivery) for delivery in claimed))
        return claimed

    @property
    def states(self) -> dict[DeliveryState, int]:
        """How many of the dispatch's deliveries are in each state."""
        totals: dict[DeliveryState, int] = {}
        with self.store.transaction() as records:
            for form in records.progress.summary(self.dispatch.id):
                for state, number in form.by_state.items():
                    totals[state] = totals.get(state, 0) + number
        return totals


def kept(
    store: SqlStore,
    dispatch: Dispatch | None = None,
    *,
    numbers: Sequence[Personnummer] = (ANNA, BO),
    unchecked: Collection[Personnummer] = (),
    submission_key: str = "",
) -> Ledger:
    """A dispatch that has just been started."""
    dispatch = dispatch or a_dispatch()
    recipients = tuple(
        Recipient(
            id=RecipientId(uuid4()), personnummer=n, notified_by=None if n in unchecked else ()
        )
        for n in numbers
    )
    with store.transaction() as records:
        assert records.dispatches.add(
            dispatch, recipients, submission_key=submission_key or str(uuid4())
        )
    return Ledger(store, dispatch, recipients, RunToken(uuid4()))


def under_way(
    store: SqlStore,
    dispatch: Dispatch | None = None,
    *,
    numbers: Sequence[Personnummer] = (ANNA, BO),
) -> Ledger:
    """A dispatch whose first occasion is planned and held by a run."""
    ledger = kept(store, dispatch, numbers=numbers)
    assert ledger.take()
    ledger.plan()
    return ledger


def sent(delivery: ClaimedDelivery, form_id: str = "") -> Outcome:
    return Outcome(
        id=delivery.id,
        attempt=delivery.attempt,
        state=DeliveryState.SENT,
        form_id=FormId(form_id or str(uuid4())),
    )


def ended(
    delivery: ClaimedDelivery | ClaimedInboxMessage, state: DeliveryState, **more: Any
) -> Outcome:
    return Outcome(id=delivery.id, attempt=delivery.attempt, state=state, **more)


@contextmanager
def raw(engine: Engine) -> Iterator[Connection]:
    """SQL past the repositories, for what they would never do."""
    with engine.begin() as connection:
        yield connection


def change(engine: Engine, statement: str, **values: object) -> int:
    with raw(engine) as connection:
        return connection.execute(text(statement), values).rowcount

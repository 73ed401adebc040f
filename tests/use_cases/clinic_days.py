"""What happens around a test's own step: mails go out, the reconciler comes by, time passes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.clinic import UNIT, Clinic
from utskick.adapters.in_memory.failures import Failures
from utskick.domain.deliveries import ClaimedDelivery, DeliveryState
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import Occasion
from utskick.ports import FormOrder, Mail, TemporaryFailure
from utskick.sending.close_occasion import Closed
from utskick.sending.reconcile import Reconciled

AWAY = TemporaryFailure("away")


class Meanwhile(Failures):
    """Something that happens in the middle of each call; it may raise."""

    def __init__(self, deed: Callable[[], None]) -> None:
        super().__init__()
        self._deed = deed

    def strike(self) -> None:
        self._deed()


def mails(clinic: Clinic) -> list[Mail]:
    """Every mail so far, those included that wait to be sent."""
    clinic.mail_errors()
    return clinic.mailer.sent


async def reconciled(clinic: Clinic) -> Reconciled:
    return await clinic.reconcile()


def audited(clinic: Clinic, *, thorough: bool = True) -> Reconciled:
    return clinic.audit(thorough=thorough)


async def run_to_its_end(clinic: Clinic, occasion: Occasion) -> Closed:
    """Run it from when the scheduler would have started it."""
    clinic.clock.moment = max(clinic.clock.now(), occasion.sends_at - clinic.rules.lead)
    closed = await clinic.run(occasion)
    assert isinstance(closed, Closed)
    return closed


def pass_hours(clinic: Clinic, hours: float) -> None:
    clinic.clock.advance(timedelta(hours=hours).total_seconds())


def states(clinic: Clinic, dispatch: Dispatch) -> dict[DeliveryState, int]:
    """How many of the dispatch's deliveries are in each state."""
    totals: dict[DeliveryState, int] = {}
    with clinic.store.transaction() as records:
        for form in records.progress.summary(dispatch.id):
            for state, number in form.by_state.items():
                totals[state] = totals.get(state, 0) + number
    return totals


def order_of(delivery: ClaimedDelivery) -> FormOrder:
    """What the run would have asked for."""
    return FormOrder(
        unit_id=delivery.unit_id,
        personnummer=delivery.personnummer,
        template_id=delivery.template_id,
        answer_by=delivery.answer_by,
        purge_after=delivery.purge_after,
    )


def nothing_has_happened(clinic: Clinic) -> bool:
    """Nothing stored, registered or sent."""
    with clinic.store.transaction() as records:
        stored = records.dispatches.list_for(UNIT.id)
    neighbours = clinic.scheduler.plans, clinic.forms.forms, clinic.inbox.messages
    return not any((stored, *neighbours))


def let_leases_run_out(folder: Path, *tables: str) -> None:
    """By the database's clock, which no test sets: as if whoever holds them had been silent."""
    with closing(sqlite3.connect(folder / "utskick.db")) as connection, connection:
        for table in tables:
            connection.execute(
                f"UPDATE {table} SET lease_until = '2000-01-01' WHERE lease_until IS NOT NULL"  # noqa: S608  # a table's name cannot be bound
            )

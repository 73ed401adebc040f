"""Redan skickat: seen before sending, left out on staff's word, looked at at each occasion."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clinic import GAD, MONDAY_NOON, PHQ, STAFF, UNIT, WEEKLY, Clinic, a_clinic
from tests.people import ANNA, BO, CILLA
from tests.use_cases.clinic_days import mails, states
from utskick.domain.already_sent import AlreadyKind
from utskick.domain.deliveries import DeliveryState, Refusal
from utskick.domain.dispatches import RecipientState
from utskick.domain.errors import SpecRefused
from utskick.domain.specs import DispatchSpec, FormSpec
from utskick.domain.units import Actor
from utskick.sending.close_occasion import Closed
from utskick.store import SqlStore
from utskick.use_cases.submissions import CheckedDispatch

ALL = [ANNA.digits, BO.digits, CILLA.digits]


async def annas_is_sent(store: SqlStore) -> Clinic:
    clinic = a_clinic(store)
    sent = (await clinic.send(recipients=[ANNA.digits])).dispatch
    await clinic.run(sent.occasions[0])
    return clinic


def sent_yesterday(folder: Path) -> None:
    """By the database's clock, which no test sets: the clinic's day is another one."""
    yesterday = MONDAY_NOON - timedelta(days=1)
    with closing(sqlite3.connect(folder / "utskick.db")) as connection, connection:
        connection.execute(
            "UPDATE delivery SET sent_at = ?", [f"{yesterday:%Y-%m-%d %H:%M:%S.%f}"]
        )


async def checked(clinic: Clinic, **changes: object) -> CheckedDispatch:
    spec = {"unit": UNIT.id, "form": PHQ.key, "recipients": ALL} | changes
    return await clinic.send_form.check(
        FormSpec.model_validate(spec), actor=STAFF, now=clinic.clock.now()
    )


async def test_who_has_the_form_and_who_got_something_is_seen_before_sending(
    store: SqlStore, tmp_path: Path
) -> None:
    clinic = await annas_is_sent(store)
    other = (await clinic.send(form=GAD.key, recipients=[ANNA.digits, BO.digits])).dispatch
    await clinic.run(other.occasions[0])
    sent_yesterday(tmp_path)

    has, lately = (await checked(clinic)).already_sent

    assert (has.kind, has.numbers) == (AlreadyKind.HAS, [ANNA])
    assert has.sentence == "1 av 3 mottagare har redan PHQ-9 obesvarat."
    assert (lately.kind, lately.numbers) == (AlreadyKind.LATELY, [BO]), "named once is enough"
    assert lately.sentence == "1 av 3 mottagare fick ett utskick från enheten i går."


async def test_after_some_days_nobody_got_anything_lately(store: SqlStore, tmp_path: Path) -> None:
    clinic = await annas_is_sent(store)
    sent_yesterday(tmp_path)
    clinic.clock.moment += timedelta(days=7)

    (has,) = (await checked(clinic)).already_sent
    assert has.kind is AlreadyKind.HAS
    assert (await checked(clinic, form=GAD.key)).already_sent == ()


async def test_whoever_is_left_out_stays_on_the_list_with_the_reason(store: SqlStore) -> None:
    clinic = await annas_is_sent(store)

    started = await clinic.send(recipients=ALL, leave_out_who_has_it=True)
    closed = await clinic.run(started.dispatch.occasions[0])

    with store.transaction() as records:
        recipients = records.dispatches.recipients(started.dispatch.id)
    left_out = [each for each in recipients if each.state is RecipientState.LEFT_OUT]
    assert [(r.personnummer, r.left_out_because) for r in left_out] == [(ANNA, "already_had")]
    assert len(clinic.sent_to(ANNA)) == 1
    assert isinstance(closed, Closed)
    assert not closed.went_wrong
    (warning,) = [each for each in started.warnings if "obesvarat" in each]
    assert warning.endswith("De får inget nytt. I listan: rad 1.")


async def test_who_got_something_lately_can_be_left_out_too(
    store: SqlStore, tmp_path: Path
) -> None:
    clinic = await annas_is_sent(store)
    sent_yesterday(tmp_path)

    started = await clinic.send(form=GAD.key, recipients=ALL, leave_out_recently_sent=True)
    await clinic.run(started.dispatch.occasions[0])

    assert clinic.sent_to(ANNA) == [PHQ]
    assert clinic.sent_to(BO) == [GAD]


async def test_a_list_of_whom_nobody_is_left_is_refused(store: SqlStore) -> None:
    clinic = await annas_is_sent(store)

    with pytest.raises(SpecRefused) as refused:
        await clinic.send(recipients=[ANNA.digits], leave_out_who_has_it=True)

    assert "alla mottagare hoppas över" in refused.value.staff_message
    assert len(clinic.forms.forms) == 1


async def test_warnings_name_rows_and_nobody(store: SqlStore) -> None:
    clinic = await annas_is_sent(store)
    spec = DispatchSpec.model_validate(
        {
            "unit": UNIT.id,
            "package": WEEKLY.key,
            "start": {"date": "2027-02-08"},
            "recipients": ALL,
        }
    )

    started = await clinic.start_dispatch(
        spec,
        actor=Actor.with_token("journal", UNIT.id),
        submission_key="x",
        now=clinic.clock.now(),
    )

    (warning,) = [each for each in started.warnings if "obesvarat" in each]
    assert warning == "1 av 3 mottagare har redan PHQ-9 obesvarat. I listan: rad 1."
    assert ANNA.digits[:8] not in " ".join(started.warnings)


async def test_a_package_that_looks_sends_no_second_one_at_any_occasion(store: SqlStore) -> None:
    clinic = await annas_is_sent(store)
    with store.transaction() as records:
        records.packages.save(replace(WEEKLY, checks_already_has=True))
    dispatch = (
        await clinic.start(
            package="veckovis", start={"date": "2027-02-08"}, recipients=[ANNA.digits, BO.digits]
        )
    ).dispatch

    first = await clinic.run(dispatch.occasions[0])
    second = await clinic.run(dispatch.occasions[1])

    assert (len(clinic.sent_to(ANNA)), len(clinic.sent_to(BO))) == (1, 1)
    assert states(clinic, dispatch) == {DeliveryState.SENT: 1, DeliveryState.REFUSED: 3}
    assert isinstance(first, Closed)
    assert isinstance(second, Closed)
    assert second.forms[0].refused_because == {Refusal.ALREADY_HAS: 2}
    assert (first.complete, second.complete) == (True, True), "as the package says"
    assert mails(clinic) == []
    assert len(clinic.inbox.messages) == 2
    assert clinic.clock.now() > MONDAY_NOON

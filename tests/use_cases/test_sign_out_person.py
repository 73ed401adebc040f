"""Förvaltning, inloggningar."""

from tests.access_log import Log
from tests.clinic import OTHER_UNIT, UNIT, Clinic
from tests.use_cases.test_administer_units import ADMINISTRATOR
from tests.web.pages.conftest import session


def test_a_person_is_signed_out_everywhere_and_nobody_else_is(clinic: Clinic, log: Log) -> None:
    now = clinic.clock.now()
    with clinic.store.transaction() as records:
        for unit in (UNIT, UNIT, OTHER_UNIT):
            records.sessions.open(session(unit), now=now)
    nurse, other = session(UNIT).staff_id, session(OTHER_UNIT).staff_id

    ended = clinic.sign_out_person(nurse, actor=ADMINISTRATOR, now=now)
    again = clinic.sign_out_person(nurse, actor=ADMINISTRATOR, now=now)

    assert (ended, again) == (2, 0)
    assert [p.staff_id for p in clinic.sign_out_person.find_signed_in(" ", now=now)] == [other]
    assert log() == [f"Skriva: loggat ut {nurse} överallt"]


def test_the_administration_sees_what_it_has_changed_and_by_whom(clinic: Clinic) -> None:
    now = clinic.clock.now()
    with clinic.store.transaction() as records:
        records.sessions.open(session(UNIT), now=now)
    clinic.sign_out_person(session(UNIT).staff_id, actor=ADMINISTRATOR, now=now)

    (change,) = clinic.list_changes(actor=ADMINISTRATOR)

    assert (change.actor, change.at) == (ADMINISTRATOR.name, now)
    assert change.act == f"loggat ut {session(UNIT).name} överallt"

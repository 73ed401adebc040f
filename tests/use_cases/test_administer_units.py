"""Förvaltning, enheter: each act holds at once, and is written in the administration's own log."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.access_log import Log, is_whole
from tests.clinic import FOREIGN, OTHER_UNIT, OWN, SHARED, UNIT, UNSUBSCRIBED, Clinic
from tests.people import ANNA
from utskick.domain.errors import NotFound, SpecRefused, UnknownToken
from utskick.domain.forms import FormTemplate, FormTemplateId
from utskick.domain.units import Actor, HsaId, Unit
from utskick.use_cases.administer_units import (
    NewUnitSpec,
    OpenedUnit,
    TokenExists,
    UnitSpec,
)

ADMINISTRATOR = Actor("SE2321000131-P000000000077", HsaId("SE2321000131-E000000000001"))
NEW = NewUnitSpec(hsa_id="se2321000131-e000000000103", name="Rehab", phone="031-390 06 13")
NOBODY = HsaId("SE2321000131-E000000000999")


def add(clinic: Clinic, **changes: str) -> Unit:
    spec = NewUnitSpec(**NEW.model_dump() | changes)
    return clinic.administer_units.add_unit(spec, actor=ADMINISTRATOR, now=clinic.clock.now())


def opened(clinic: Clinic, unit_id: HsaId = UNIT.id) -> OpenedUnit:
    return clinic.administer_units.open_unit(unit_id)


def subscribe(clinic: Clinic, *forms: FormTemplate, unit_id: HsaId = UNIT.id) -> int:
    return clinic.administer_units.set_subscriptions(
        unit_id, [form.id for form in forms], actor=ADMINISTRATOR, now=clinic.clock.now()
    )


def token(clinic: Clinic, name: str = "journalsystemet", *, unit_id: HsaId = UNIT.id) -> str:
    return clinic.administer_units.make_token(
        unit_id, name, actor=ADMINISTRATOR, now=clinic.clock.now()
    )


def withdraw(clinic: Clinic, unit_id: HsaId = UNIT.id) -> None:
    clinic.administer_units.withdraw_unit(unit_id, actor=ADMINISTRATOR, now=clinic.clock.now())


def bring_back(clinic: Clinic, unit_id: HsaId = UNIT.id) -> None:
    clinic.administer_units.bring_back_unit(unit_id, actor=ADMINISTRATOR, now=clinic.clock.now())


def test_a_unit_joins_with_its_hsa_id_in_capitals(clinic: Clinic, log: Log) -> None:
    unit = add(clinic)

    assert unit == Unit(HsaId("SE2321000131-E000000000103"), "Rehab", "031-390 06 13")
    assert unit in clinic.administer_units.list_units()
    assert log() == [f"Skriva: lagt till enhet {unit.id}"]


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"hsa_id": UNIT.id.lower()}, "hsa_id", "enheten finns redan."),
        ({"hsa_id": "123"}, "hsa_id", "Enhetens HSA-id är fel skrivet."),
        ({"name": f"Rehab {ANNA.digits}"}, "name", "texten innehåller något"),
    ],
)
def test_a_unit_that_cannot_join_is_shown_why(
    clinic: Clinic, log: Log, changes: dict[str, str], place: str, said: str
) -> None:
    with pytest.raises(SpecRefused) as refused:
        add(clinic, **changes)

    (problem,) = refused.value.problems
    assert problem.place == place
    assert problem.reason.startswith(said)
    assert set(clinic.administer_units.list_units()) == {UNIT, OTHER_UNIT}
    assert log() == []


async def test_a_new_name_is_what_residents_see_from_the_next_occasion_on(
    clinic: Clinic, log: Log
) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.administer_units.change_unit(
        UNIT.id,
        UnitSpec(name="Mottagningen", phone="031-390 06 19"),
        actor=ADMINISTRATOR,
        now=clinic.clock.now(),
    )

    await clinic.run(dispatch.occasions[0])

    assert "Mottagningen" in clinic.inbox.messages[0][1].text
    assert f"Skriva: ändrat enhet {UNIT.id}" in log()


def test_a_unit_that_is_not_there_cannot_be_changed(clinic: Clinic, log: Log) -> None:
    for act in (withdraw, bring_back, opened):
        with pytest.raises(NotFound):
            act(clinic, NOBODY)
    with pytest.raises(NotFound):
        token(clinic, unit_id=NOBODY)
    with pytest.raises(NotFound):
        subscribe(clinic, unit_id=NOBODY)
    assert log() == []


async def test_nothing_is_started_for_a_withdrawn_unit(clinic: Clinic) -> None:
    withdraw(clinic)

    with pytest.raises(SpecRefused) as refused:
        await clinic.start()

    assert refused.value.problems[0].place == "unit"


async def test_what_a_withdrawn_unit_has_started_is_counted_and_ends_at_its_next_occasion(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    withdraw(clinic)

    ongoing = opened(clinic).ongoing
    await clinic.run(dispatch.occasions[0])

    assert ongoing == 1
    assert clinic.forms.forms == []
    assert clinic.dispatch(dispatch).label == "Avbruten"
    assert opened(clinic).ongoing == 0


async def test_what_a_unit_has_started_goes_on_when_it_is_back_in_time(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    withdraw(clinic)
    bring_back(clinic)

    await clinic.run(dispatch.occasions[0])

    assert len(clinic.forms.forms) == 8


async def test_a_unit_that_has_come_back_works_as_before(clinic: Clinic, log: Log) -> None:
    key = token(clinic)
    withdraw(clinic)
    withdraw(clinic)
    bring_back(clinic)
    bring_back(clinic)

    assert (await clinic.start()).dispatch
    with clinic.store.transaction() as records:
        assert records.tokens.find(key).unit_id == UNIT.id
    acts = [entry for entry in log() if "enhet" in entry]
    assert acts == [
        f"Skriva: dragit in enhet {UNIT.id}",
        f"Skriva: tagit tillbaka enhet {UNIT.id}",
    ]


def test_a_unit_may_subscribe_to_the_shared_forms_of_others(clinic: Clinic) -> None:
    assert opened(clinic).shared == [(SHARED, True), (UNSUBSCRIBED, False)]
    assert opened(clinic, OTHER_UNIT.id).shared == []


def test_subscriptions_become_those_that_are_asked_for(clinic: Clinic, log: Log) -> None:
    changed = subscribe(clinic, UNSUBSCRIBED)
    again = subscribe(clinic, UNSUBSCRIBED)

    assert (changed, again) == (2, 0)
    assert opened(clinic).shared == [(SHARED, False), (UNSUBSCRIBED, True)]
    assert log() == [
        f"Skriva: avslutat prenumeration {SHARED.key} för {UNIT.id}",
        f"Skriva: lagt till prenumeration {UNSUBSCRIBED.key} för {UNIT.id}",
    ]


@pytest.mark.parametrize(
    "form", [OWN, FOREIGN, replace(SHARED, id=FormTemplateId(uuid4()))], ids=lambda f: f.name
)
def test_nobody_subscribes_to_what_is_not_shared(clinic: Clinic, form: FormTemplate) -> None:
    with pytest.raises(NotFound):
        subscribe(clinic, SHARED, form)

    assert opened(clinic).shared == [(SHARED, True), (UNSUBSCRIBED, False)]


def test_a_token_opens_its_unit_until_it_is_revoked(clinic: Clinic, log: Log) -> None:
    key = token(clinic)
    with clinic.store.transaction() as records:
        assert records.tokens.find(key).unit_id == UNIT.id

    clinic.administer_units.revoke_token(
        UNIT.id, "journalsystemet", actor=ADMINISTRATOR, now=clinic.clock.now()
    )

    with clinic.store.transaction() as records, pytest.raises(UnknownToken):
        records.tokens.find(key)
    may = "starta och styra, läsa, besök"
    assert log() == [
        f"Skriva: skapat nyckel journalsystemet för {UNIT.id}",
        f"Skriva: återkallat nyckel journalsystemet för {UNIT.id}",
        f"Skriva: skapat nyckel journalsystemet ({may}), som inte är bekräftad",
        "Skriva: återkallat nyckel journalsystemet",
    ]
    assert key not in str(log())


def test_two_tokens_of_a_unit_cannot_share_a_name_while_both_hold(clinic: Clinic) -> None:
    token(clinic)
    with pytest.raises(TokenExists):
        token(clinic)

    token(clinic, unit_id=OTHER_UNIT.id)
    clinic.administer_units.revoke_token(
        UNIT.id, "journalsystemet", actor=ADMINISTRATOR, now=clinic.clock.now()
    )
    token(clinic)

    assert [bool(each.revoked_at) for each in opened(clinic).tokens].count(True) == 1


def test_the_administrations_log_is_a_chain_of_its_own(clinic: Clinic) -> None:
    add(clinic)
    token(clinic)

    assert is_whole(clinic.store, ADMINISTRATOR.unit_id)
    assert is_whole(clinic.store, UNIT.id)

"""Hämta mallar: what 1177 lists is let in, and a broken answer takes nothing away."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.clinic import FORMS, GAD, OTHER_UNIT, PHQ, UNIT, Clinic, a_clinic
from tests.domain.test_template_catalogue import version
from tests.use_cases.clinic_days import AWAY
from tests.use_cases.test_pull_brake import ADMINISTRATOR
from utskick.domain.errors import NotFound, SpecRefused
from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId
from utskick.store import SqlStore
from utskick.use_cases.fetch_templates import FetchedTemplates, NewTemplateSpec

NEW = replace(PHQ, id=FormTemplateId(UUID(int=77)), key="nytt", name="Nytt formulär")


def listing(store: SqlStore, *forms: FormTemplate) -> Clinic:
    """A clinic whose form service lists these, all published."""
    clinic = a_clinic(store)
    clinic.forms.versions = [version(form) for form in forms]
    clinic.forms.templates[UNIT.id].add(NEW.id)
    return clinic


async def fetch(clinic: Clinic, *, confirmed: bool = False) -> FetchedTemplates:
    return await clinic.fetch_templates(
        actor=ADMINISTRATOR, now=clinic.clock.now(), confirmed=confirmed
    )


def kept(clinic: Clinic, form: FormTemplate) -> FormTemplate:
    with clinic.store.transaction() as records:
        return records.forms.get(form.id)


async def test_names_and_versions_are_let_in_with_whoever_asked(store: SqlStore) -> None:
    clinic = listing(store, *FORMS)
    clinic.forms.versions[0] = version(PHQ, 4, name="PHQ-9 (2027)")

    fetched = await fetch(clinic)

    assert (fetched.listed, fetched.units, fetched.silent) == (6, 2, 0)
    assert kept(clinic, PHQ) == replace(PHQ, name="PHQ-9 (2027)", version=4)
    (change,) = clinic.list_changes(actor=ADMINISTRATOR)
    assert change.act.endswith("formulärmall phq-9")
    assert change.actor == ADMINISTRATOR.name


async def test_looking_changes_nothing(store: SqlStore) -> None:
    clinic = listing(store, *FORMS)
    clinic.forms.versions[0] = version(PHQ, 4)

    assert len((await clinic.fetch_templates.look()).changes) == 1
    assert kept(clinic, PHQ) == PHQ


async def test_what_has_no_published_version_is_archived(store: SqlStore) -> None:
    clinic = listing(store, *FORMS)
    clinic.forms.versions[1] = version(GAD, published=False)

    await fetch(clinic)

    assert kept(clinic, GAD).archived


async def test_an_empty_answer_takes_nothing_away_until_it_is_confirmed(store: SqlStore) -> None:
    clinic = listing(store, PHQ)

    fetched = await fetch(clinic)
    held = {form.id for form in FORMS if not kept(clinic, form).archived}
    await fetch(clinic, confirmed=True)

    assert len(fetched.held) == len(FORMS) - 1
    assert held == {form.id for form in FORMS}
    assert [kept(clinic, form).archived for form in FORMS] == [False, True, True, True, True, True]


async def test_while_a_units_list_is_away_nothing_of_it_is_archived(store: SqlStore) -> None:
    clinic = listing(store, *FORMS)
    clinic.forms.templates[OTHER_UNIT.id].clear()

    fetched = await fetch(clinic)

    assert fetched.silent == 1
    assert not any(kept(clinic, form).archived for form in FORMS)
    clinic.forms.fails_reading.extend([AWAY, AWAY])
    assert (await fetch(clinic)).silent == 2


async def test_a_new_one_is_taken_in_when_somebody_says_whose_it_is(store: SqlStore) -> None:
    clinic = listing(store, *FORMS, NEW)
    spec = NewTemplateSpec(key="nytt", catalogue=Catalogue.SHARED, owner=UNIT.id)

    assert [change.name for change in (await fetch(clinic)).new] == [NEW.name]
    taken = await clinic.fetch_templates.take_in(
        NEW.id, spec, actor=ADMINISTRATOR, now=clinic.clock.now()
    )

    assert kept(clinic, NEW) == taken
    assert (taken.name, taken.catalogue, taken.owner) == (NEW.name, Catalogue.SHARED, UNIT.id)
    assert (await fetch(clinic)).new == []
    acts = [change.act for change in clinic.list_changes(actor=ADMINISTRATOR)]
    assert acts[0].startswith("tagit in formulärmall")


@pytest.mark.parametrize(
    ("key", "owner", "place"),
    [("phq-9", UNIT.id, "key"), ("nytt", "", "owner"), ("nytt", "SE2321000131-E9", "owner")],
)
async def test_what_is_wrong_with_a_new_one_is_said(
    store: SqlStore, key: str, owner: str, place: str
) -> None:
    clinic = listing(store, *FORMS, NEW)
    spec = NewTemplateSpec(key=key, catalogue=Catalogue.OWN, owner=owner)

    with pytest.raises(SpecRefused) as refused:
        await clinic.fetch_templates.take_in(
            NEW.id, spec, actor=ADMINISTRATOR, now=clinic.clock.now()
        )

    assert [problem.place for problem in refused.value.problems] == [place]


async def test_what_1177_does_not_list_cannot_be_taken_in(store: SqlStore) -> None:
    clinic = listing(store, *FORMS)
    spec = NewTemplateSpec(key="nytt", catalogue=Catalogue.NAFS)

    with pytest.raises(NotFound):
        await clinic.fetch_templates.take_in(
            NEW.id, spec, actor=ADMINISTRATOR, now=clinic.clock.now()
        )

"""Läs in grundplåtar: operators see what differs, and are recorded for what they let in."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.objects import State

import flows.housekeeping
from flows.housekeeping import fetch_templates, load_packages
from tasks import housekeeping
from tasks.operators import NobodySignedIn
from tasks.orders import RegionOrder, TemplatesOrder
from tests.command.conftest import UNIT, Installation, installation, loaded, local_1177
from tests.command.test_administration import GAD, archive
from tests.flows.test_orders import KARIN, OPERATOR, running
from utskick.domain.units import Actor, HsaId

__all__ = ["installation", "loaded", "local_1177"]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would be shown in Prefect: its server is not asked here."""
    shown: list[dict[str, Any]] = []

    async def show(**artifact: Any) -> UUID:
        shown.append(artifact)
        return UUID(int=1)

    monkeypatch.setattr(flows.housekeeping, "acreate_table_artifact", show)
    staged = housekeeping.load_region, housekeeping.apply_region, housekeeping.fetch_templates
    for task in staged:
        monkeypatch.setattr(housekeeping, task.fn.__name__, task.fn)
    return shown


async def load(*, apply: bool = False) -> State[Any]:
    return await load_packages.fn(RegionOrder(apply=apply))


def archived(installation: Installation) -> bool:
    return installation.services.administer_forms.open_form_template(GAD).form.archived


async def test_what_was_changed_on_the_pages_is_shown_and_stays(
    installation: Installation, tables: list[dict[str, Any]]
) -> None:
    nothing = await load()
    archive(installation, GAD)

    state = await load()

    assert str(nothing.message).endswith("0 nya, 0 skillnader")
    assert str(state.message).endswith("0 nya, 1 skillnad som inte är införd")
    [table] = tables
    assert [row["Id"] for row in table["table"]] == ["gad-7"]
    assert archived(installation)


async def test_what_an_operator_lets_in_is_in_the_list_of_changes(
    installation: Installation, tables: list[dict[str, Any]]
) -> None:
    archive(installation, GAD)

    with running(OPERATOR):
        state = await load(apply=True)

    assert str(state.message).endswith("1 skillnad som nu är införd")
    assert len(tables) == 1
    assert not archived(installation)
    wired = installation.services
    administration = HsaId(wired.settings.source_system_hsa_id)
    change = wired.list_changes(actor=Actor(KARIN, administration))[0]
    assert change.actor == f"operatör {KARIN}"
    assert change.act == "tagit tillbaka formulärmall gad-7"


async def test_what_ended_or_changed_on_the_pages_is_seen_and_let_in_as_a_whole(
    installation: Installation, tables: list[dict[str, Any]]
) -> None:
    wired = installation.services
    actor = Actor("förvaltningen", HsaId(wired.settings.source_system_hsa_id))
    now = wired.clock.now()
    archive(installation, GAD)
    wired.administer_units.set_subscriptions(HsaId(UNIT), [], actor=actor, now=now)
    with wired.store.transaction() as records:
        package = records.packages.versions("vuxenpsykiatri-infor-besok")[0]
        records.packages.save(replace(package, resident_title="Ändrad på sidan"))

    seen = await load()
    kept = archived(installation), wired.administer_units.open_unit(HsaId(UNIT)).shared
    with running(OPERATOR):
        await load(apply=True)

    kinds = {row["Vad"] for row in tables[0]["table"]}
    assert kinds == {"Formulärmall", "Prenumeration", "Grundplåt"}
    assert "som inte är införda" in str(seen.message)
    assert kept[0]
    assert not any(subscribed for _form, subscribed in kept[1])
    assert not archived(installation)
    assert any(s for _form, s in wired.administer_units.open_unit(HsaId(UNIT)).shared)
    with wired.store.transaction() as records:
        newest = records.packages.versions("vuxenpsykiatri-infor-besok")[0]
    assert newest.resident_title == package.resident_title
    acts = {c.act for c in wired.list_changes(actor=actor) if c.actor == f"operatör {KARIN}"}
    assert len(acts) == len(tables[0]["table"])


async def test_without_an_operator_nothing_is_let_in(
    installation: Installation, tables: list[dict[str, Any]]
) -> None:
    archive(installation, GAD)

    with running(None), pytest.raises(NobodySignedIn):
        await load(apply=True)

    assert (tables, archived(installation)) == ([], True)


async def test_templates_are_fetched_and_what_differed_is_shown(
    installation: Installation, tables: list[dict[str, Any]]
) -> None:
    wired = installation.services
    before = wired.administer_forms.open_form_template(GAD).form
    wired.administer_forms.change_form(
        replace(before, name="[GAD](http://elsewhere)"),
        actor=Actor("x", HsaId(wired.settings.source_system_hsa_id)),
        now=wired.clock.now(),
    )

    state = await fetch_templates.fn(TemplatesOrder())
    again = await fetch_templates.fn(TemplatesOrder())

    assert "1 skillnad" in str(state.message)
    [table] = tables
    assert [row["Namn"] for row in table["table"]] == ["`[GAD](http://elsewhere)`"]
    assert wired.administer_forms.open_form_template(GAD).form == before
    assert "0 skillnader" in str(again.message)


async def test_what_is_held_takes_an_operator_to_confirm(
    installation: Installation, tables: list[dict[str, Any]]
) -> None:
    with running(None), pytest.raises(NobodySignedIn):
        await fetch_templates.fn(TemplatesOrder(confirm=True))

    assert tables == []

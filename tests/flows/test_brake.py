"""Nödbroms from Prefect: seen first, pulled and released in the operator's name."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.objects import State
from pydantic import ValidationError

import flows.brake
from flows.brake import pull_brake, release_brake
from tasks import brakes
from tasks.operators import NobodySignedIn
from tasks.orders import BrakeOrder, ReleaseOrder, StandardCause
from tests.command.conftest import UNIT, Installation, installation, loaded, local_1177
from tests.command.test_administration import GAD
from tests.flows.test_orders import KARIN, OPERATOR, running
from utskick.domain.brakes import Brake
from utskick.domain.units import Actor, HsaId

__all__ = ["installation", "loaded", "local_1177"]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would be shown in Prefect: its server is not asked here."""
    shown: list[dict[str, Any]] = []

    async def show(**artifact: Any) -> UUID:
        shown.append(artifact)
        return UUID(int=1)

    monkeypatch.setattr(flows.brake, "acreate_table_artifact", show)
    for task in (brakes.would_hit, brakes.held_by, brakes.pull, brakes.release):
        monkeypatch.setattr(brakes, task.fn.__name__, task.fn)
    return shown


def pulled(installation: Installation) -> list[Brake]:
    return [brake for brake, _target in installation.services.pull_brake.list_pulled()]


async def pull(**order: Any) -> State[Any]:
    return await pull_brake.fn(BrakeOrder(cause=StandardCause.WRONG_FORM, **order))


async def test_what_is_hit_is_seen_before_anything_is_held(
    installation: Installation, tables: list[dict[str, Any]]
) -> None:
    await asyncio.to_thread(installation.started)

    state = await pull(of_unit=UNIT)

    assert state.name == "Inte dragen"
    [table] = tables
    [row] = table["table"]
    assert row["Utskick"].startswith("`"), "a name that was typed would be Markdown"
    assert (row["Mottagare"], row["Skickade"], row["Läge"]) == (2, 0, "Väntar")
    assert pulled(installation) == []


async def test_it_is_pulled_and_released_in_the_operators_name(
    installation: Installation, tables: list[dict[str, Any]]
) -> None:
    await asyncio.to_thread(installation.started)
    with running(OPERATOR):
        state = await pull(pull=True)
    [brake] = pulled(installation)
    seen = await release_brake.fn(ReleaseOrder(brake_id=brake.id))
    with running(OPERATOR):
        released = await release_brake.fn(ReleaseOrder(brake_id=brake.id, release=True))

    assert str(state.message).endswith(f"Bromsens id: {brake.id}")
    assert brake.pulled_by == f"operatör {KARIN}"
    assert seen.name == "Inte släppt"
    assert released.name == "Släppt"
    assert "1 pågående utskick går vidare" in str(released.message)
    assert pulled(installation) == []
    assert len(tables) == 3
    wired = installation.services
    administration = HsaId(wired.settings.source_system_hsa_id)
    acts = [each.act for each in wired.list_changes(actor=Actor(KARIN, administration))]
    assert acts == [
        "släppt nödbromsen för alla utskick",
        "dragit nödbromsen för alla utskick: Fel i ett formulär",
    ]


async def test_without_an_operator_nothing_is_held(
    installation: Installation, tables: list[dict[str, Any]]
) -> None:
    with running(None), pytest.raises(NobodySignedIn):
        await pull(form_template_id=GAD, pull=True)

    assert (tables, pulled(installation)) == ([], [])


def test_a_brake_is_on_one_thing() -> None:
    with pytest.raises(ValidationError):
        BrakeOrder(of_unit=UNIT, form_template_id=GAD, cause=StandardCause.TROUBLE)

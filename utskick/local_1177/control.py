"""The operator's hand on the local 1177: for tests, demos and benchmarks."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, status
from pydantic import BaseModel, Field

from utskick.local_1177.faults import Fault, FaultKind
from utskick.local_1177.neighbours import Neighbour, SharedWorld
from utskick.local_1177.people import save_person
from utskick.local_1177.state import transaction

router = APIRouter(prefix="/control", tags=["control"])

NeighbourName = Literal["forms", "inbox", "persons"]
PLATFORM_CODE = "^VP0(0[1-9]|1[0-5])$"


class Latency(BaseModel):
    service: NeighbourName
    seconds: float = Field(ge=0)
    jitter: float = Field(default=0, ge=0)


class Capacity(BaseModel):
    service: NeighbourName
    concurrency: int | None = Field(ge=0)


class FaultOrder(BaseModel):
    service: NeighbourName
    kind: FaultKind
    share: float = Field(default=1, ge=0, le=1)
    times: int | None = Field(default=None, ge=0)
    spares: int = Field(default=0, ge=0)
    seconds: float = Field(default=0, ge=0)
    seed: int | None = None
    endpoint: str | None = None
    code: str = Field(default="VP009", pattern=PLATFORM_CODE)
    platform: str = ""


class SubscriptionChange(BaseModel):
    unit: str
    template: str
    subscribed: bool


class PersonChange(BaseModel):
    """What is left out stays as it is. An unknown personnummer becomes a new person."""

    personnummer: str = Field(pattern=r"^[0-9]{12}$")
    given_name: str | None = None
    surname: str | None = None
    in_register: bool | None = None
    protected: Literal["", "indicator", "population"] | None = None
    deregistered: Literal["", "dead", "emigrated"] | None = None
    account: bool | None = None
    notified_by: str | None = None
    guardians: str | None = None
    changed_to: str | None = None
    deregistration_code: str | None = None
    deregistration_date: str | None = None
    found_dead: str | None = None
    coordination_deceased: str | None = None
    test_person: bool | None = None


@router.post("/latency", status_code=status.HTTP_204_NO_CONTENT)
async def set_latency(change: Latency, world: SharedWorld) -> None:
    neighbour = world.neighbours[change.service]
    neighbour.latency, neighbour.jitter = change.seconds, change.jitter


@router.post("/capacity", status_code=status.HTTP_204_NO_CONTENT)
async def set_capacity(change: Capacity, world: SharedWorld) -> None:
    world.neighbours[change.service].capacity = change.concurrency


@router.post("/faults", status_code=status.HTTP_204_NO_CONTENT)
async def add_fault(order: FaultOrder, world: SharedWorld) -> None:
    """Several can be active; the first that strikes a call decides. A seed makes it repeat."""
    fault = Fault(
        kind=order.kind,
        share=order.share,
        times=order.times,
        spares=order.spares,
        seconds=order.seconds,
        endpoint=order.endpoint,
        code=order.code,
        platform=order.platform,
    )
    if order.seed is not None:
        fault.chance.seed(order.seed)
    world.neighbours[order.service].faults.append(fault)


@router.delete("/faults", status_code=status.HTTP_204_NO_CONTENT)
async def clear_faults(world: SharedWorld) -> None:
    for neighbour in world.neighbours.values():
        neighbour.faults.clear()


@router.get("/calls")
async def count_calls(world: SharedWorld) -> dict[str, Any]:
    """How often each contract was called, how many calls faults struck, and the most at once."""
    return {name: _counts(neighbour) for name, neighbour in world.neighbours.items()}


@router.delete("/calls", status_code=status.HTTP_204_NO_CONTENT)
async def forget_calls(world: SharedWorld) -> None:
    for neighbour in world.neighbours.values():
        neighbour.forget_counts()


@router.post("/subscriptions", status_code=status.HTTP_204_NO_CONTENT)
async def change_subscription(change: SubscriptionChange, world: SharedWorld) -> None:
    if change.subscribed:
        statement = "INSERT OR IGNORE INTO subscription SELECT ?, id FROM template WHERE id = ?"
    else:
        statement = "DELETE FROM subscription WHERE unit = ? AND template_id = ?"
    world.state.execute(statement, (change.unit, change.template))


@router.post("/persons", status_code=status.HTTP_204_NO_CONTENT)
async def change_persons(
    change: Annotated[PersonChange | list[PersonChange], Body()], world: SharedWorld
) -> None:
    with transaction(world.state):
        for person in [change] if isinstance(change, PersonChange) else change:
            save_person(world.state, person.model_dump(exclude_none=True))


def _counts(neighbour: Neighbour) -> dict[str, Any]:
    return {
        "calls": dict(neighbour.calls),
        "turned_away": neighbour.turned_away,
        "struck": neighbour.struck,
        "peak_concurrency": neighbour.peak,
    }

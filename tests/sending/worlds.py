"""Runs in time that only the test lets pass: their neighbours may be silent for ever."""

from dataclasses import replace
from datetime import datetime

from tests.chaos.virtual import Worker, World, WorldClock
from tests.clinic import Clinic
from utskick.domain.occasions import Occasion
from utskick.sending.run_occasion import OccasionRun
from utskick.sending.shared import shared


def in_a_world(
    clinic: Clinic, occasion: Occasion, *, world: World | None = None
) -> tuple[OccasionRun, World]:
    """A run of it in a process of its own, when the scheduler starts it."""
    run = clinic.run_of(occasion)
    world = world or World(clinic.clock.now())
    clock = WorldClock(world)
    common = shared(
        store=clinic.store,
        forms=clinic.forms,
        persons=clinic.persons,
        inbox=clinic.inbox,
        clock=clock,
        rules=clinic.rules,
        templates=clinic.forms,
    )
    return replace(run, clock=clock, shared=common), world


def let_pass(world: World, worker: Worker, *, until: datetime) -> None:
    while world.now < until:
        world.advance(1)
        worker.step()
    worker.dead = True
    worker.close()

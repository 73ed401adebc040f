"""The example package dispatch of the demo region, and watching it being delivered."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from utskick.adapters.yaml_files import read_file
from utskick.domain.dispatches import Dispatch
from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import OccasionState
from utskick.domain.specs import DispatchSpec, Moment
from utskick.domain.units import Actor, parse_hsa_id
from utskick.records import FormSummary
from utskick.running.stack import Stack
from utskick.use_cases.submissions import Started
from utskick.wiring import Services

STARTS_IN = timedelta(seconds=25)
_TIMEOUT_S = 150
_ENDED = (OccasionState.DONE, OccasionState.MISSED, OccasionState.BLOCKED)


class NotDelivered(Exception):
    """The example's first occasion was not sent in time."""


def submit_example(wired: Services) -> Started:
    """The manual's package of four forms, in half a minute, to whoever can be reached."""
    spec = read_file(
        wired.settings.region / "examples" / "psykiatri-med-hinder.yaml", DispatchSpec
    )
    soon = (wired.clock.now() + STARTS_IN).astimezone(wired.rules.zone)
    return _submit(
        wired,
        spec.model_copy(
            update={
                "start": Moment(date=f"{soon:%Y-%m-%d}", time=f"{soon:%H:%M:%S}"),
                "occasions": None,
                "answer_by": None,
                "purge_after": None,
                "leave_out_unreachable": True,
            }
        ),
    )


def submit_blocked(wired: Services) -> StartBlocked | None:
    """A package with an archived and an unsubscribed form: how its start was blocked."""
    spec = read_file(wired.settings.region / "examples" / "blockerat.yaml", DispatchSpec)
    tomorrow = wired.clock.now().astimezone(wired.rules.zone) + timedelta(days=1)
    start = Moment(date=f"{tomorrow:%Y-%m-%d}", time="10:00")
    update = {"start": start, "occasions": None, "answer_by": None, "purge_after": None}
    try:
        _submit(wired, spec.model_copy(update=update))
    except StartBlocked as blocked:
        return blocked
    return None


def watch_example(dispatch: Dispatch, stack: Stack) -> Sequence[FormSummary]:
    """Show how the first occasion is delivered. Raises `NotDelivered` or `ChildDied`."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    deadline = time.monotonic() + _TIMEOUT_S
    with Progress(*columns) as progress:
        bar = progress.add_task("Väntar på klockslaget", total=None)
        while time.monotonic() < deadline:
            stack.children.check()
            state, forms = _progress(dispatch, stack.services)
            planned = sum(form.planned for form in forms)
            ended = sum(form.sent + form.refused for form in forms)
            waits = stack.services.clock.now() < dispatch.occasions[0].sends_at
            progress.update(
                bar,
                description="Väntar på klockslaget" if waits else f"{ended} av {planned} formulär",
                total=None if waits else planned or None,
                completed=ended,
            )
            if state in _ENDED:
                return forms
            time.sleep(0.3)
    raise NotDelivered(f"the first occasion was not sent within {_TIMEOUT_S} s")


def _submit(wired: Services, spec: DispatchSpec) -> Started:
    return asyncio.run(
        wired.start_dispatch(
            spec,
            actor=Actor("exempel", parse_hsa_id(spec.unit)),
            submission_key=str(uuid4()),
            now=wired.clock.now(),
        )
    )


def _progress(dispatch: Dispatch, wired: Services) -> tuple[OccasionState, Sequence[FormSummary]]:
    occasion_id = dispatch.occasions[0].id
    with wired.store.transaction() as records:
        _, occasion = records.dispatches.of_occasion(occasion_id)
        return occasion.state, records.progress.summary(dispatch.id, occasion_id=occasion_id)

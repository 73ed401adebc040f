"""Starta Paketutskick: choose a package, fill it in, look at the message, start.

All that has been filled in travels with the form, so that back, reload and two tabs do no harm.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.dispatches import DispatchId
from utskick.domain.errors import AlreadyEnded, NotFound, Problem, SpecRefused, StartBlocked
from utskick.domain.rate_limits import Limit
from utskick.use_cases.submissions import submission_key
from utskick.web.callers import Wired
from utskick.web.labels import FIELD_LABELS
from utskick.web.pages.frame import fragment, page, see_other
from utskick.web.pages.package_form import FilledStart
from utskick.web.pages.package_step import PackageStep, PackageVisit, choose, preset
from utskick.web.pages.posted import act, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff

router = page_router()

_OF_THE_MESSAGE = ("inbox_message", "form_banner")
"""How the names of the second page's fields begin."""


@router.get("/starta-paketutskick", name="start-package-page")
def begin(visit: PackageVisit) -> Response:
    """Manual: "Välj önskat paketutskick i rullgardinsmenyn"."""
    return choose(visit, FilledStart())


@router.post("/starta-paketutskick", name="fill-in-package")
async def fill_in(visit: PackageVisit, posted: Posted) -> Response:
    """Whatever button was pressed: nothing is started before the last one."""
    filled = FilledStart.read(posted, rules=visit.wired.rules, now=visit.now)
    pressed, about = act(posted)
    if pressed == "byt":
        return await asyncio.to_thread(choose, visit, filled)
    if pressed == "valj":
        filled.package = about or text(posted, "paket")
    try:
        package = await asyncio.to_thread(
            visit.wired.preview_dispatch.find_package, filled.package, actor=visit.visitor.actor
        )
    except NotFound:
        return await asyncio.to_thread(choose, visit, filled, sought=filled.package)
    if pressed == "valj":
        filled = await asyncio.to_thread(preset, visit, filled, package)
    look_first = await _change_recipients(visit, posted, filled)
    step = await asyncio.to_thread(PackageStep.of, visit, posted, filled, package)
    match pressed:
        case "starta" | "hoppa-over" if not look_first:
            if pressed == "hoppa-over":
                await asyncio.to_thread(step.leave_out, about)
            return await _check(step)
        case "visa-tillfalle" | "fraga-lista" | "lagg-till-mening":
            return step.show_message()
        case "ja-starta":
            return await _start(step)
        case _:
            return step.show(filled.problems)


async def _change_recipients(visit: PackageVisit, posted: FormData, filled: FilledStart) -> bool:
    """Whether staff should look at the list before they go on."""
    recipients, actor, wired = filled.recipients, visit.visitor.actor, visit.wired
    await recipients.catch_up(actor=actor, wired=wired, now=visit.now)
    look_first = False
    if act(posted)[0] in ("starta", "uppdatera"):
        look_first = await recipients.take_left(posted, actor=actor, wired=wired, now=visit.now)
    else:
        await recipients.change(posted, actor=actor, wired=wired, now=visit.now)
    await recipients.watch(actor=actor, wired=wired, now=visit.now)
    return look_first


@router.post("/starta-paketutskick/tillfallen", name="preview-occasions")
async def show_occasions(visit: PackageVisit, posted: Posted) -> Response:
    """What the dates and times amount to, while they are being typed. Raises `NotFound`."""
    step = await asyncio.to_thread(_as_typed, visit, posted)
    return fragment("start_package_occasions.html", preview=step.preview, of_rows=True)


@router.post("/starta-paketutskick/meddelande", name="preview-package-message")
async def show_message(visit: PackageVisit, posted: Posted) -> Response:
    """The inbox message as it stands, while it is being written. Raises `NotFound`."""
    step = await asyncio.to_thread(_as_typed, visit, posted)
    return fragment("message.html", message=step.message())


@router.get("/starta-paketutskick/startat/{dispatch_id}", name="package-started-page")
def confirm(
    request: Request, dispatch_id: UUID, visitor: Staff, wired: Wired, *, redan: bool = False
) -> Response:
    """Manual: "En bekräftelse visas". It can be reloaded."""
    started = wired.show_started(DispatchId(dispatch_id), actor=visitor.actor)
    return page(
        request, "start_package_started.html", visitor=visitor, started=started, already=redan
    )


def _as_typed(visit: PackageVisit, posted: FormData) -> PackageStep:
    filled = FilledStart.read(posted, rules=visit.wired.rules, now=visit.now)
    package = visit.wired.preview_dispatch.find_package(filled.package, actor=visit.visitor.actor)
    return PackageStep.of(visit, posted, filled, package)


async def _check(step: PackageStep) -> Response:
    """Everything that is wrong at once, or the message."""
    visit, filled = step.visit, step.filled
    actor = visit.visitor.actor
    await filled.recipients.count_look_ups(actor=actor, wired=visit.wired)
    wrong = _wrong(step)
    try:
        spec = filled.spec(visit.visitor.unit.id)
        checked = await visit.wired.start_dispatch.check(spec, actor=actor, now=visit.now)
    except SpecRefused as refused:
        return _refused(step, (*wrong, *refused.problems))
    except StartBlocked as blocked:
        return step.show(wrong, refused=blocked)
    if wrong:
        return _refused(step, wrong)
    filled.recipients.know_names(checked.recipients)
    key = submission_key(spec)
    earlier = await asyncio.to_thread(visit.wired.start_dispatch.find_earlier, actor, key)
    filled.again = str(uuid4()) if earlier else ""
    return step.show_message()


async def _start(step: PackageStep) -> Response:
    visit = step.visit
    if wrong := _wrong(step):
        return _refused(step, wrong)
    visit.wired.rate_limits.take(Limit.SENDS, visit.visitor.unit.id)
    try:
        spec = step.filled.spec(visit.visitor.unit.id)
        started = await visit.wired.start_dispatch(
            spec,
            actor=visit.visitor.actor,
            submission_key=submission_key(spec, given=step.filled.again),
            now=visit.now,
        )
    except SpecRefused as refused:
        return _refused(step, refused.problems)
    except StartBlocked as blocked:
        return step.show(refused=blocked)
    except AlreadyEnded as ended:
        return see_other(f"/paketutskick/{ended.dispatch_id}?besked=slutat")
    if started.awaits_approval:
        return see_other(f"/paketutskick/{started.dispatch.id}?besked=vantar")
    already = "?redan=1" if started.already else ""
    return see_other(f"/starta-paketutskick/startat/{started.dispatch.id}{already}")


def _wrong(step: PackageStep) -> list[Problem]:
    """What a spec would fill in by itself, but a page must not: an emptied field is no preset."""
    return [
        *step.filled.problems,
        *(problem for each in step.preview.occasions for problem in each.problems),
    ]


def _refused(step: PackageStep, problems: Sequence[Problem]) -> Response:
    """The page where the first thing to mend is."""
    by_row = {each.reason for each in problems if _field(each) == "occasions"}
    placed = dict.fromkeys(
        each if _field(each) in FIELD_LABELS else _of_an_occasion(each)
        for each in problems
        # A row shows it already.
        if _field(each) in FIELD_LABELS or each.reason not in by_row
    )
    of_the_form = [each for each in placed if not each.place.startswith(_OF_THE_MESSAGE)]
    return step.show(of_the_form) if of_the_form else step.show_message(list(placed))


def _field(problem: Problem) -> str:
    return problem.place.split(",", 1)[0]


def _of_an_occasion(problem: Problem) -> Problem:
    """What is shown at its date and time instead of at a field."""
    return Problem("occasions", f"{problem.place}: {problem.reason}", problem.remedy)

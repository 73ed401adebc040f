"""Starta Paketutskick: choose a package, fill it in, look at the message, start.

Each step has its address; what has been filled in is a draft's, so that back, reload and another
machine show it as it is.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.dispatches import DispatchId
from utskick.domain.errors import AlreadyEnded, NotFound, Problem, SpecRefused, StartBlocked
from utskick.domain.packages import PackageTemplate
from utskick.domain.rate_limits import Limit
from utskick.use_cases.submissions import submission_key
from utskick.web.callers import Wired
from utskick.web.labels import FIELD_LABELS
from utskick.web.pages.draft_desk import AtDraft, DraftDesk
from utskick.web.pages.frame import fragment, page, see_other
from utskick.web.pages.package_form import FilledStart
from utskick.web.pages.package_step import (
    MESSAGE,
    PackageStep,
    choose,
    preset,
    untouched_fields,
)
from utskick.web.pages.posted import act, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff

router = page_router()

_OF_THE_MESSAGE = ("inbox_message", "form_banner")
"""How the names of the second page's fields begin."""
_PAGE = "/starta-paketutskick"
_DRAFT = _PAGE + "/utkast/{draft_id}"


@router.get(_PAGE, name="start-package-page")
def begin(desk: AtDraft) -> Response:
    """Manual: "Välj önskat paketutskick i rullgardinsmenyn"."""
    return choose(desk)


@router.get(_PAGE + "/paket/{key}", name="package-preset-page")
async def show_presets(desk: AtDraft, key: str) -> Response:
    """A package as it is prepared. Nothing is kept of it yet. Raises `NotFound`."""
    package = await asyncio.to_thread(_package, desk, key)
    return await (await _step(desk, FormData(), package)).show()


@router.get(_DRAFT, name="package-draft-page")
async def go_on(desk: AtDraft) -> Response:
    """A draft, as it was left."""
    step = await _opened(desk)
    return await step.show() if step else await asyncio.to_thread(choose, desk)


@router.get(_DRAFT + MESSAGE, name="package-message-page")
async def ask(desk: AtDraft) -> Response:
    """The second page, as it would be started now."""
    step = await _opened(desk)
    return await _check(step) if step else await asyncio.to_thread(choose, desk)


@router.get(_DRAFT + "/paket", name="package-choice-page")
async def choose_another(desk: AtDraft) -> Response:
    """Another package for the same recipients."""
    await desk.open()
    return await asyncio.to_thread(choose, desk)


@router.post(_PAGE, name="choose-package")
async def choose_first(desk: AtDraft, posted: Posted) -> Response:
    """By its button, or by its name."""
    _, key = act(posted)
    return await _chosen(desk, key or text(posted, "paket"))


@router.post(_DRAFT, name="fill-in-package")
async def fill_in(desk: AtDraft, posted: Posted) -> Response:
    """Whatever button was pressed: nothing is started before the last one."""
    await desk.take(posted)
    pressed, about = act(posted)
    if pressed == "valj":
        return await _chosen(desk, about or text(posted, "paket"))
    sought = _package_of(desk, posted)
    try:
        package = await asyncio.to_thread(_package, desk, sought)
    except NotFound:
        return await asyncio.to_thread(choose, desk, sought=sought)
    return await _press(pressed, about, await _step(desk, posted, package))


async def _press(pressed: str, about: str, step: PackageStep) -> Response:
    match pressed:
        case "byt":
            await step.keep()
            desk = step.visit
            return see_other(f"{desk.address}/paket" if desk.draft else _PAGE)
        case "starta" | "hoppa-over" if not step.filled.look_first:
            if pressed == "hoppa-over":
                await asyncio.to_thread(step.leave_out, about)
            return await _lead_to_message(step)
        case "visa-tillfalle" | "fraga-lista" | "lagg-till-mening":
            return await step.show_message()
        case "skicka-till-mig":
            return await _send_to_me(step)
        case "ja-starta":
            return await _start(step)
        case _:
            return await step.show(step.filled.problems)


@router.post(_DRAFT + "/spara", name="save-package-draft")
async def save(desk: AtDraft, posted: Posted) -> Response:
    """What is typed, as it is typed."""
    await desk.peek()
    package = await asyncio.to_thread(_package, desk, _package_of(desk, posted))
    untouched = await asyncio.to_thread(untouched_fields, desk, package)
    return await desk.save_typed(posted, package.name, untouched)


async def _chosen(desk: DraftDesk, sought: str) -> Response:
    """The package's presets: for the recipients that there are already, if it is a draft."""
    try:
        package = await asyncio.to_thread(_package, desk, sought)
    except NotFound:
        return await asyncio.to_thread(choose, desk, sought=sought)
    if desk.draft is None:
        return see_other(f"{_PAGE}/paket/{package.key}")
    step = await _step(desk, FormData(), package)
    filled = await asyncio.to_thread(preset, desk, step.filled, package)
    step = await asyncio.to_thread(PackageStep.of, desk, FormData(), filled, package)
    await step.keep()
    return see_other(desk.address)


def _package(desk: DraftDesk, sought: str) -> PackageTemplate:
    """Raises `NotFound`."""
    return desk.wired.preview_dispatch.find_package(sought, actor=desk.visitor.actor)


def _package_of(desk: DraftDesk, posted: FormData) -> str:
    """The draft's; before there is one, the page's."""
    if desk.draft is None:
        return text(posted, "package")
    return "".join(desk.draft.content.fields.get("package", ()))


async def _step(desk: DraftDesk, posted: FormData, package: PackageTemplate) -> PackageStep:
    """What has been filled in, after what was posted."""
    untouched = await asyncio.to_thread(untouched_fields, desk, package)
    fields = desk.filled_in(posted, untouched)
    filled = FilledStart.read(fields, rules=desk.wired.rules, now=desk.now)
    if act(posted)[0]:
        await _change_recipients(desk, posted, filled)
    return await asyncio.to_thread(PackageStep.of, desk, posted, filled, package)


async def _opened(desk: DraftDesk) -> PackageStep | None:
    """`None` if the unit has its package no longer."""
    anew = await desk.open()
    try:
        package = await asyncio.to_thread(_package, desk, _package_of(desk, FormData()))
    except NotFound:
        return None
    step = await _step(desk, FormData(), package)
    recipients, actor = step.filled.recipients, desk.visitor.actor
    if anew:
        await recipients.look_again(actor=actor, wired=desk.wired, now=desk.now)
        await step.keep()
    await recipients.watch(actor=actor, wired=desk.wired, now=desk.now)
    return step


async def _change_recipients(desk: DraftDesk, posted: FormData, filled: FilledStart) -> None:
    """As the pressed button says; `look_first`: staff should see the list before they go on."""
    recipients, actor, wired = filled.recipients, desk.visitor.actor, desk.wired
    filled.moved = []
    await recipients.catch_up(actor=actor, wired=wired, now=desk.now)
    if act(posted)[0] in ("starta", "uppdatera"):
        filled.look_first = await recipients.take_left(
            posted, actor=actor, wired=wired, now=desk.now
        )
    else:
        await recipients.change(posted, actor=actor, wired=wired, now=desk.now)
    await recipients.watch(actor=actor, wired=wired, now=desk.now)


@router.post(_DRAFT + "/tillfallen", name="preview-occasions")
async def show_occasions(desk: AtDraft, posted: Posted) -> Response:
    """What the dates and times amount to, while they are being typed. Raises `NotFound`."""
    step = await _as_typed(desk, posted)
    return fragment("start_package_occasions.html", preview=step.preview, of_rows=True)


@router.post(_DRAFT + MESSAGE, name="preview-package-message")
async def show_message(desk: AtDraft, posted: Posted) -> Response:
    """The inbox message as it stands, while it is being written. Raises `NotFound`."""
    step = await _as_typed(desk, posted)
    return fragment("message.html", message=step.message())


@router.get(_PAGE + "/startat/{dispatch_id}", name="package-started-page")
def confirm(
    request: Request, dispatch_id: UUID, visitor: Staff, wired: Wired, *, redan: bool = False
) -> Response:
    """Manual: "En bekräftelse visas". It can be reloaded."""
    started = wired.show_started(DispatchId(dispatch_id), actor=visitor.actor)
    return page(
        request, "start_package_started.html", visitor=visitor, started=started, already=redan
    )


async def _as_typed(desk: DraftDesk, posted: FormData) -> PackageStep:
    await desk.peek()
    package = await asyncio.to_thread(_package, desk, _package_of(desk, posted))
    untouched = await asyncio.to_thread(untouched_fields, desk, package)
    fields = desk.filled_in(posted, untouched)
    filled = FilledStart.read(fields, rules=desk.wired.rules, now=desk.now)
    return await asyncio.to_thread(PackageStep.of, desk, FormData(), filled, package)


async def _lead_to_message(step: PackageStep) -> Response:
    """Without a script it is shown at its own address, which can be reloaded."""
    desk = step.visit
    if not desk.leads_on or step.filled.problems:
        return await _check(step)
    step.order_by_date()
    await step.keep()
    return see_other(desk.address + MESSAGE)


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
        return await _refused(step, (*wrong, *refused.problems))
    except StartBlocked as blocked:
        return await step.show(wrong, refused=blocked)
    if wrong:
        return await _refused(step, wrong)
    filled.recipients.know_names(checked.recipients)
    key = submission_key(spec)
    earlier = await asyncio.to_thread(visit.wired.start_dispatch.find_earlier, actor, key)
    filled.again = earlier is not None
    return await step.show_message()


async def _start(step: PackageStep) -> Response:
    visit = step.visit
    if wrong := _wrong(step):
        return await _refused(step, wrong)
    visit.wired.rate_limits.take(Limit.SENDS, visit.visitor.unit.id)
    try:
        spec = step.filled.spec(visit.visitor.unit.id)
        started = await visit.wired.start_dispatch(
            spec,
            actor=visit.visitor.actor,
            submission_key=submission_key(spec, given=visit.name if step.filled.again else ""),
            now=visit.now,
            draft=visit.in_use,
        )
    except SpecRefused as refused:
        return await _refused(step, refused.problems)
    except StartBlocked as blocked:
        return await step.show(refused=blocked)
    except AlreadyEnded as ended:
        return see_other(f"/paketutskick/{ended.dispatch_id}?besked=slutat")
    if started.awaits_approval:
        return see_other(f"/paketutskick/{started.dispatch.id}?besked=vantar")
    already = "?redan=1" if started.already else ""
    return see_other(f"/starta-paketutskick/startat/{started.dispatch.id}{already}")


async def _send_to_me(step: PackageStep) -> Response:
    """As it stands, to the visitor's own test resident; the draft stays. Raises `NotFound`."""
    visit = step.visit
    actor, wired = visit.visitor.actor, visit.wired
    if step.filled.problems:
        return await _refused(step, step.filled.problems)
    visit.wired.rate_limits.take(Limit.SENDS, visit.visitor.unit.id)
    try:
        spec = step.filled.spec(visit.visitor.unit.id)
        started = await wired.send_to_me.send_to_me(spec, actor=actor, now=visit.now)
    except SpecRefused as refused:
        return await _refused(step, refused.problems)
    except StartBlocked as blocked:
        return await step.show(refused=blocked)
    return await step.show_message(sent_to_me=started.dispatch)


def _wrong(step: PackageStep) -> list[Problem]:
    """What a spec would fill in by itself, but a page must not: an emptied field is no preset."""
    return [
        *step.filled.problems,
        *(problem for each in step.preview.occasions for problem in each.problems),
    ]


async def _refused(step: PackageStep, problems: Sequence[Problem]) -> Response:
    """The page where the first thing to mend is."""
    by_row = {each.reason for each in problems if _field(each) == "occasions"}
    placed = dict.fromkeys(
        each if _field(each) in FIELD_LABELS else _of_an_occasion(each)
        for each in problems
        # A row shows it already.
        if _field(each) in FIELD_LABELS or each.reason not in by_row
    )
    of_the_form = [each for each in placed if not each.place.startswith(_OF_THE_MESSAGE)]
    if of_the_form:
        return await step.show(of_the_form)
    return await step.show_message(list(placed))


def _field(problem: Problem) -> str:
    return problem.place.split(",", 1)[0]


def _of_an_occasion(problem: Problem) -> Problem:
    """What is shown at its date and time instead of at a field."""
    return Problem("occasions", f"{problem.place}: {problem.reason}", problem.remedy)

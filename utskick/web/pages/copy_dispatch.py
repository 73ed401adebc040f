"""Samma igen, Ersätt and Fler mottagare: a started dispatch becomes a draft to change."""

from dataclasses import replace

from fastapi import Response

from utskick.domain.dispatches import DispatchKind
from utskick.domain.drafts import Draft, DraftContent, DraftKind
from utskick.domain.errors import SpecRefused
from utskick.domain.forms import Catalogue
from utskick.domain.specs import OccasionSpec
from utskick.use_cases.copy_dispatch import Copied, CopiedMoment, Whom
from utskick.web.pages.carried_list import Listed
from utskick.web.pages.draft_desk import address_of, fields_of
from utskick.web.pages.frame import see_other
from utskick.web.pages.opened_dispatch import AtDesk, Desk
from utskick.web.pages.package_form import FilledStart
from utskick.web.pages.posted import text
from utskick.web.pages.recipient_list import RecipientList
from utskick.web.pages.refusals import page_router
from utskick.web.pages.send_form import FilledForm
from utskick.web.pages.visitors import Posted

router = page_router()

_DISPATCH = "/paketutskick/{dispatch_id}"


@router.post(f"{_DISPATCH}/samma-igen", name="same-again")
async def same_again(desk: AtDesk, posted: Posted) -> Response:
    """For all of its recipients, or some."""
    chosen = text(posted, "vilka")
    whom = Whom(chosen) if chosen in {*Whom} else Whom.ALL
    copied = desk.wired.copy_dispatch.again(
        desk.dispatch_id, whom, actor=desk.visitor.actor, now=desk.now
    )
    return await _as_draft(desk, copied)


@router.post(f"{_DISPATCH}/ersatt", name="replace-dispatch")
async def replace_dispatch(desk: AtDesk, _posted: Posted) -> Response:
    """With what is left of it. The old one goes on until the draft is started."""
    copying = desk.wired.copy_dispatch
    try:
        copied = copying.remaining(desk.dispatch_id, actor=desk.visitor.actor, now=desk.now)
    except SpecRefused as refused:
        return _refused(desk, refused)
    return await _as_draft(desk, copied)


@router.post(f"{_DISPATCH}/fler", name="add-to-dispatch")
async def add_to_dispatch(desk: AtDesk, _posted: Posted) -> Response:
    """What is left of it, for others."""
    copying = desk.wired.copy_dispatch
    try:
        copied = copying.for_more(desk.dispatch_id, actor=desk.visitor.actor, now=desk.now)
    except SpecRefused as refused:
        return _refused(desk, refused)
    return await _as_draft(desk, copied)


def _refused(desk: Desk, refused: SpecRefused) -> Response:
    [problem] = refused.problems
    said = f"{problem.reason[:1].upper()}{problem.reason[1:]} {problem.remedy}"
    return desk.show(refused=said, status_code=409)


async def _as_draft(desk: Desk, copied: Copied) -> Response:
    listed = [
        Listed(each.personnummer, each.notified_by, name=each.name) for each in copied.recipients
    ]
    recipients = RecipientList(listed=listed)
    # Some may be protected by now, or have moved: what is shown of them is as it is today.
    await recipients.look_again(actor=desk.visitor.actor, wired=desk.wired, now=desk.now)
    return see_other(address_of(_begun(desk, copied, recipients)))


def _begun(desk: Desk, copied: Copied, recipients: RecipientList) -> Draft:
    dispatch = copied.dispatch
    if dispatch.kind is DispatchKind.PACKAGE:
        kind, kept = DraftKind.PACKAGE, _package(copied, recipients).kept
    else:
        nafs = any(form.catalogue is Catalogue.NAFS for form in copied.forms)
        kind = DraftKind.NAFS if nafs else DraftKind.FORM
        kept = _form(copied, recipients, desk).kept
    content = DraftContent(
        what=dispatch.name,
        numbers=tuple(each.number for each in recipients.listed),
        fields=fields_of(kept),
    )
    return desk.wired.keep_draft.begin(kind, content, actor=desk.visitor.actor, now=desk.now)


def _package(copied: Copied, recipients: RecipientList) -> FilledStart:
    dispatch, follows = copied.dispatch, copied.follows
    followed = f"{follows.dispatch_id}" if follows else ""
    replaces = follows is not None and follows.replaces
    return FilledStart(
        package=dispatch.package_key or "",
        replaces=followed if replaces else "",
        replaces_as_seen=follows.as_seen if follows else "",
        adds_to="" if replaces else followed,
        title=dispatch.title,
        error_addresses=", ".join(dispatch.error_addresses[1:]),
        occasions=[_occasion(each) for each in copied.moments],
        forms=[form.key for form in copied.forms],
        recipients=recipients,
        answer_by=f"{dispatch.answer_by or ''}",
        purge_after=f"{dispatch.purge_after or ''}",
        creates_inbox_message=dispatch.creates_inbox_message,
        inbox_message=dispatch.inbox_message,
        inbox_messages=dict(dispatch.inbox_messages),
        form_banner=dispatch.form_banner,
    )


def _occasion(moment: CopiedMoment) -> OccasionSpec:
    return OccasionSpec(
        date=f"{moment.local.date}",
        time=f"{moment.local.time:%H:%M}",
        answer_by=f"{moment.answer_by}" if moment.answer_by else None,
    )


def _form(copied: Copied, recipients: RecipientList, desk: Desk) -> FilledForm:
    """Its dates are those of a form that is sent today."""
    dispatch = copied.dispatch
    untouched = FilledForm.untouched(desk.wired.rules.today(desk.now), dispatch.inbox_message)
    return replace(
        untouched,
        form=dispatch.name,
        recipients=recipients,
        creates_inbox_message=dispatch.creates_inbox_message,
        form_banner=dispatch.form_banner,
    )

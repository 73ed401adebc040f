"""Förvaltning, formulärmallar: archive, take back, offer to other units, link for one of them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from utskick.domain.errors import NotFound, Problem, StartBlocked
from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId
from utskick.domain.units import HsaId
from utskick.domain.writing import comparable
from utskick.web.callers import Now, Wired
from utskick.web.labels import CATALOGUE_LABELS
from utskick.web.pages.administration import one_page
from utskick.web.pages.administration_package_form import meant_unit
from utskick.web.pages.frame import page, problems_by_field, see_other
from utskick.web.pages.posted import sought_in, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Administrator, Posted, Visitor
from utskick.wiring import Services

router = page_router()

_DONE = {
    "arkiverad": "Formulärmallen är arkiverad. Den kan inte skickas.",
    "intagen": "Formulärmallen är intagen och kan skickas.",
    "tillbaka": "Formulärmallen är tagen tillbaka och kan skickas igen.",
    "delad": "Formulärmallen är tillgänglig för andra enheter. De kan få prenumerera på den.",
    "inte-delad": "Formulärmallen är bara tillgänglig för ägaren.",
}
_SHOWN = (("alla", "Alla"), ("aktiva", "Bara aktiva"), ("arkiverade", "Bara arkiverade"))


@router.get("/forvaltning/formularmallar", name="form-templates-page")
def browse(
    request: Request,
    visitor: Administrator,
    wired: Wired,
    *,
    samling: Annotated[str, Query(max_length=10)] = "",
    visa: Annotated[str, Query(max_length=10)] = "alla",
) -> Response:
    """Every form template."""
    asked = {"sok": "", "samling": samling, "visa": visa}
    return _list(request, visitor, wired, asked)


@router.post("/forvaltning/formularmallar", name="search-form-templates")
def search(request: Request, visitor: Administrator, posted: Posted, wired: Wired) -> Response:
    """Those found by name, owner, catalogue and whether they have been archived."""
    sought, number = sought_in(posted)
    asked = {"sok": sought, "samling": text(posted, "samling"), "visa": text(posted, "visa")}
    return _list(request, visitor, wired, asked, number=number)


def _list(
    request: Request,
    visitor: Visitor,
    wired: Services,
    asked: dict[str, str],
    *,
    number: int = 1,
) -> Response:
    register = wired.administer_forms.list_form_templates()
    wanted, samling, visa = comparable(asked["sok"]), asked["samling"], asked["visa"]

    def sought(form: FormTemplate) -> bool:
        owner = register.units.get(form.owner) if form.owner else None
        words = (form.name, form.key, owner.name if owner else "")
        return (
            any(wanted in comparable(word) for word in words)
            and samling in ("", form.catalogue.value)
            and (visa not in ("aktiva", "arkiverade") or form.archived is (visa == "arkiverade"))
        )

    found = [form for form in register.forms if sought(form)]
    shown, pages = one_page(found, number)
    return page(
        request,
        "administration_forms.html",
        visitor=visitor,
        register=register,
        forms=shown,
        total=len(found),
        asked=asked,
        catalogues=[("", "Alla"), *((each.value, CATALOGUE_LABELS[each]) for each in Catalogue)],
        choices=_SHOWN,
        catalogue_labels=CATALOGUE_LABELS,
        number=number,
        pages_in_all=pages,
    )


@router.get("/forvaltning/formularmallar/{template_id}", name="form-template-page")
def show(
    request: Request, template_id: UUID, visitor: Administrator, wired: Wired, besked: str = ""
) -> Response:
    """One form template: who subscribes, and what a change would strike."""
    return _show(request, template_id, visitor, wired, done=_DONE.get(besked, ""))


@router.post("/forvaltning/formularmallar/{template_id}/lank", name="make-form-link")
def make_link(
    request: Request,
    template_id: UUID,
    visitor: Administrator,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """A link to the form for the unit that was chosen."""
    chosen = text(posted, "enhet")
    senders = wired.administer_forms.open_form_template(FormTemplateId(template_id)).senders
    unit = meant_unit(chosen, senders)
    try:
        link = wired.administer_forms.make_form_link(
            FormTemplateId(template_id),
            unit.id if unit else HsaId(chosen),
            actor=visitor.actor,
            now=now,
        )
    except (NotFound, StartBlocked) as error:
        return _show(request, template_id, visitor, wired, _no_link(error), chosen=chosen)
    return _show(request, template_id, visitor, wired, chosen=chosen, link=link)


@router.post("/forvaltning/formularmallar/{template_id}/arkivera", name="archive-form")
def archive(
    template_id: UUID, visitor: Administrator, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """It can no longer be sent, whatever the form service says."""
    wired.administer_forms.archive_form(
        FormTemplateId(template_id), archived=True, actor=visitor.actor, now=now
    )
    return _see(template_id, "arkiverad")


@router.post("/forvaltning/formularmallar/{template_id}/ta-tillbaka", name="take-back-form")
def take_back(
    template_id: UUID, visitor: Administrator, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """Undo an archiving."""
    wired.administer_forms.archive_form(
        FormTemplateId(template_id), archived=False, actor=visitor.actor, now=now
    )
    return _see(template_id, "tillbaka")


@router.post("/forvaltning/formularmallar/{template_id}/dela", name="offer-form")
def offer(
    template_id: UUID, visitor: Administrator, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """Make it "Tillgänglig för andra enheter": they may subscribe."""
    wired.administer_forms.offer_form(
        FormTemplateId(template_id), to_others=True, actor=visitor.actor, now=now
    )
    return _see(template_id, "delad")


@router.post("/forvaltning/formularmallar/{template_id}/sluta-dela", name="stop-offering-form")
def stop_offering(
    template_id: UUID, visitor: Administrator, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """Its owner alone may send it."""
    wired.administer_forms.offer_form(
        FormTemplateId(template_id), to_others=False, actor=visitor.actor, now=now
    )
    return _see(template_id, "inte-delad")


def _show(
    request: Request,
    template_id: UUID,
    visitor: Visitor,
    wired: Services,
    *problems: Problem,
    done: str = "",
    chosen: str = "",
    link: str = "",
) -> Response:
    residents = wired.settings.residents
    opened = wired.administer_forms.open_form_template(FormTemplateId(template_id))
    return page(
        request,
        "administration_form.html",
        visitor=visitor,
        status_code=422 if problems else 200,
        opened=opened,
        senders=[("Enheter", [(unit.name, unit.id) for unit in opened.senders])],
        look_at=residents.url + residents.preview_path.format(template_id=template_id),
        catalogue_labels=CATALOGUE_LABELS,
        problems=problems_by_field(problems),
        done=done,
        chosen=chosen,
        link=link,
    )


def _no_link(error: NotFound | StartBlocked) -> Problem:
    reason = "Ingen länk är skapad."
    if isinstance(error, StartBlocked) and error.archived:
        remedy = "Formulärmallen är arkiverad. Ta tillbaka den först."
        return Problem("arkivering", reason, remedy)
    return Problem("enhet", reason, "Välj en enhet som får skicka mallen.")


def _see(template_id: UUID, done: str) -> Response:
    return see_other(f"/forvaltning/formularmallar/{template_id}?besked={done}")

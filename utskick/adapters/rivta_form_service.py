"""The national form engine (forminteraction 2)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from pydantic import Field

from utskick.adapters.answer_parts import AnswerPart, part_of, parts_of
from utskick.adapters.contract_times import (
    contract_date,
    if_readable,
    read_date,
    read_moments,
)
from utskick.adapters.rivta_answers import answered_questions
from utskick.adapters.soap_client import ProducerFault, SoapClient
from utskick.domain.deliveries import FormId, FormStatus
from utskick.domain.forms import FormTemplateId, by_version
from utskick.domain.personnummer import Personnummer
from utskick.domain.template_catalogue import ListedVersion
from utskick.domain.units import HsaId
from utskick.domain.writing import find_unusable, in_one_line
from utskick.ports import (
    Answer,
    FormOrder,
    FoundForm,
    PermanentFailure,
    TemporaryFailure,
    UnknownOutcome,
)
from utskick.rivta.contracts import CREATE_FORM_REQUEST, GET_FORM, GET_FORM_TEMPLATES, GET_FORMS
from utskick.rivta.envelopes import Fields

_PUBLISHED = "Published"


class _CreatedForm(AnswerPart):
    id: str = Field(alias="formId", min_length=1)
    unit: str = Field(alias="healthcare_facility_CareUnit")
    subject: str = Field(alias="subjectOfCare")


class _Template(AnswerPart):
    id: str = Field(alias="templateId")
    publish_status: str = Field(alias="publishStatus")


class _NamedTemplate(_Template):
    name: str = Field(alias="formName", min_length=1)
    title: str | None = Field(default=None, alias="formTitle")
    number: int = Field(alias="templateVersion")


class _Status(AnswerPart):
    form_id: str = Field(alias="formId")
    status: str = Field(alias="formStatus")


class RivTaFormService:
    """A `FormService`. One form for each call (I9), so that an answer is about that form alone.

    `care_system` is whom the engine is to notify of answers, `care_giver` the legal one of all
    our units; empty: neither is sent.
    """

    def __init__(self, client: SoapClient, *, care_system: str = "", care_giver: str = "") -> None:
        self._client = client
        given = {"healthcare_systemID": care_system, "healthcare_CareGiver": care_giver}
        self._of_us = {name: value for name, value in given.items() if value}

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        wanted = {
            **self._of_us,
            "expireDate": contract_date(order.answer_by),
            "healthcare_facility_CareUnit": order.unit_id,
            "keepUntil": contract_date(order.purge_after),
            "subjectOfCare": order.personnummer.digits,
            "templateId": str(order.template_id),
        }
        if order.banner:
            wanted["formText"] = order.banner
        answer = await self._client.change(
            CREATE_FORM_REQUEST,
            {"formRequests": [wanted]},
            may_leave=may_leave,
            reference=order.reference,
        )
        return _only_form(answer, order)

    async def find_forms(
        self,
        *,
        unit_id: HsaId,
        personnummer: Personnummer,
        template_ids: Collection[FormTemplateId],
    ) -> Sequence[FoundForm]:
        answer = await self._client.read(
            GET_FORMS,
            {
                "healthcare_facility_CareUnit": unit_id,
                "subjectOfCare": personnummer.digits,
                "templateIds": [str(template_id) for template_id in template_ids],
            },
        )
        found = [_found(form, unit_id, personnummer) for form in _list(answer["forms"])]
        # An empty list of templates means all of them to the service.
        return [form for form in found if form.template_id in {None, *template_ids}]

    async def form_templates(self, unit_id: HsaId) -> Mapping[FormTemplateId, bool]:
        answer = await self._client.read(
            GET_FORM_TEMPLATES, {"healthcare_facility_CareUnit": unit_id}
        )
        versions = [
            (if_readable(UUID, version.id), version.publish_status == _PUBLISHED)
            for version in parts_of(_Template, answer["formTemplates"])
        ]
        return by_version((FormTemplateId(each), sendable) for each, sendable in versions if each)

    async def list_templates(self, unit_id: HsaId) -> Sequence[ListedVersion]:
        answer = await self._client.read(
            GET_FORM_TEMPLATES, {"healthcare_facility_CareUnit": unit_id}
        )
        return [
            ListedVersion(
                template_id=FormTemplateId(template_id),
                version=version.number,
                name=in_one_line(version.name),
                resident_name=in_one_line(version.title or ""),
                published=version.publish_status == _PUBLISHED,
            )
            for version in parts_of(_NamedTemplate, answer["formTemplates"])
            if (template_id := if_readable(UUID, version.id)) is not None
            and find_unusable(version.name + (version.title or "")) is None
        ]

    async def read_answer(self, form_id: FormId) -> Answer:
        try:
            answer = await self._client.read(GET_FORM, {"formId": form_id})
        except ProducerFault as missing:
            raise PermanentFailure(str(missing)) from None
        if "form" not in answer:
            raise PermanentFailure("GetForm: no form")
        form = part_of(_Status, answer["form"])
        status = if_readable(FormStatus, form.status if form else None)
        if form is None or status is None or form.form_id.casefold() != form_id.casefold():
            raise TemporaryFailure("GetForm: unreadable answer")
        return Answer(form_id=form_id, status=status, answers=answered_questions(answer["form"]))


def _only_form(answer: Fields, order: FormOrder) -> FormId:
    """The comment is free text, which may name the person: it is not even looked at."""
    result, created = answer["resultCode"], _list(answer["formRequestResponses"])
    if result == "ERROR" and not created:
        raise PermanentFailure("CreateFormRequest: ERROR")
    ours = [form for form in parts_of(_CreatedForm, created) if _is_for(order, form)]
    if result in ("OK", "INFO") and len(created) == len(ours) == 1:
        return FormId(ours[0].id)
    known = result if result in ("OK", "INFO", "ERROR") else "no known result"
    raise UnknownOutcome(f"CreateFormRequest: {known}, {len(ours)} of {len(created)} forms ours")


def _is_for(order: FormOrder, form: _CreatedForm) -> bool:
    return _is_unit(form.unit, order.unit_id) and _is_person(form.subject, order.personnummer)


def _is_unit(named: object, unit_id: HsaId) -> bool:
    return isinstance(named, str) and named.strip().casefold() == unit_id.casefold()


def _is_person(named: object, personnummer: Personnummer) -> bool:
    digits = personnummer.digits.casefold()
    return isinstance(named, str) and named.strip().replace("-", "").casefold() == digits


def _names_others(fields: Mapping[str, object], unit_id: HsaId, number: Personnummer) -> bool:
    """Whether it is said to be about another person or of another unit than was asked for."""
    unit, person = fields.get("healthcare_facility_CareUnit"), fields.get("subjectOfCare")
    other_unit = bool(unit) and not _is_unit(unit, unit_id)
    return other_unit or (bool(person) and not _is_person(person, number))


def _found(form: object, unit_id: HsaId, personnummer: Personnummer) -> FoundForm:
    """One that names somebody else has no id, so that it is taken for nobody's.

    It is not passed over: the engine may know the person by a new number, or the unit by another
    name, and to be sure that none is there is to send again.
    """
    fields = form if isinstance(form, dict) else {}
    template = fields.get("formTemplate")
    named = template.get("templateId") if isinstance(template, dict) else None
    created = if_readable(read_moments, fields.get("createdDateTime"))
    template_id = if_readable(UUID, named)
    form_id = None if _names_others(fields, unit_id, personnummer) else fields.get("formId")
    return FoundForm(
        id=FormId(form_id) if isinstance(form_id, str) and form_id else None,
        template_id=FormTemplateId(template_id) if template_id else None,
        created_at=created and created[0],
        created_at_latest=created and created[1],
        answer_by=if_readable(read_date, fields.get("expireDate")),
        purge_after=if_readable(read_date, fields.get("keepUntil")),
        status=if_readable(FormStatus, fields.get("formStatus")),
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []

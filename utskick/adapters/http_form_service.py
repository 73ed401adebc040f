"""The national form engine over HTTP, with the field names of forminteraction 2.0."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal
from uuid import UUID

from pydantic import Field

from utskick.adapters.contract_times import (
    contract_date,
    if_readable,
    read_date,
    read_moments,
)
from utskick.adapters.http_client import AnswerFields, HttpClient, NotThere
from utskick.domain.deliveries import FormId, FormStatus, Refusal
from utskick.domain.forms import FormTemplateId, by_version
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.ports import Answer, FormOrder, FoundForm, PermanentFailure, UnknownOutcome

_PUBLISHED = "Published"


class _CreatedForm(AnswerFields):
    id: str = Field(alias="formId", min_length=1)


class _CreateFormRequestAnswer(AnswerFields):
    """`created` lists only the forms that could be made; the code is the whole call's."""

    created: tuple[_CreatedForm, ...] = Field(default=(), alias="formRequestResponses")
    comment: str | None = None
    result: Literal["OK", "INFO", "ERROR"] = Field(alias="resultCode")


class _GetFormsAnswer(AnswerFields):
    forms: tuple[dict[str, object], ...]


class _Template(AnswerFields):
    id: str = Field(alias="templateId")
    publish_status: str = Field(alias="publishStatus")


class _GetFormTemplatesAnswer(AnswerFields):
    templates: tuple[_Template, ...] = Field(alias="formTemplates")


class _AnsweredQuestion(AnswerFields):
    question: str
    answer: str


class _GetFormAnswer(AnswerFields):
    id: str = Field(alias="formId")
    status: FormStatus = Field(alias="formStatus")
    answers: tuple[_AnsweredQuestion, ...] = ()


class HttpFormService:
    """A `FormService`. One form for each call (I9), so that an answer is about that form alone."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        request = {
            "expireDate": contract_date(order.answer_by),
            "healthcare_facility_CareUnit": order.unit_id,
            "keepUntil": contract_date(order.purge_after),
            "subjectOfCare": order.personnummer.digits,
            "templateId": str(order.template_id),
        }
        if order.banner:
            request["formText"] = order.banner
        answer = await self._client.post(
            "CreateFormRequest",
            {"formRequests": [request]},
            answer=_CreateFormRequestAnswer,
            reference=order.reference,
            may_leave=may_leave,
        )
        return _only_form(answer)

    async def find_forms(
        self,
        *,
        unit_id: HsaId,
        personnummer: Personnummer,
        template_ids: Collection[FormTemplateId],
    ) -> Sequence[FoundForm]:
        answer = await self._client.post(
            "GetForms",
            {
                "healthcare_facility_CareUnit": unit_id,
                "subjectOfCare": personnummer.digits,
                "templateIds": [str(template_id) for template_id in template_ids],
            },
            answer=_GetFormsAnswer,
            reading=True,
        )
        found = [_found(form) for form in answer.forms]
        # An empty list of templates means all of them to the service.
        return [form for form in found if form.template_id in {None, *template_ids}]

    async def form_templates(self, unit_id: HsaId) -> Mapping[FormTemplateId, bool]:
        answer = await self._client.post(
            "GetFormTemplates",
            {"healthcare_facility_CareUnit": unit_id},
            answer=_GetFormTemplatesAnswer,
            reading=True,
        )
        versions = [
            (if_readable(UUID, template.id), template.publish_status == _PUBLISHED)
            for template in answer.templates
        ]
        return by_version((FormTemplateId(each), sendable) for each, sendable in versions if each)

    async def read_answer(self, form_id: FormId) -> Answer:
        try:
            form = await self._client.post(
                "GetForm", {"formId": form_id}, answer=_GetFormAnswer, reading=True
            )
        except NotThere as missing:
            raise PermanentFailure(str(missing)) from None
        return Answer(
            form_id=FormId(form.id),
            status=form.status,
            answers=tuple((a.question, a.answer) for a in form.answers),
        )


def _only_form(answer: _CreateFormRequestAnswer) -> FormId:
    match answer.created:
        case [form]:
            return FormId(form.id)
        case [] if answer.result != "OK":
            raise PermanentFailure(
                f"CreateFormRequest: {answer.result}", reason=Refusal.REFUSED_BY_1177
            )
        case forms:
            raise UnknownOutcome(f"CreateFormRequest: {answer.result} with {len(forms)} forms")


def _found(form: Mapping[str, object]) -> FoundForm:
    created = if_readable(read_moments, form.get("createdDateTime"))
    template_id = if_readable(UUID, form.get("templateId"))
    form_id = form.get("formId")
    return FoundForm(
        id=FormId(form_id) if isinstance(form_id, str) and form_id else None,
        template_id=FormTemplateId(template_id) if template_id else None,
        created_at=created and created[0],
        created_at_latest=created and created[1],
        answer_by=if_readable(read_date, form.get("expireDate")),
        purge_after=if_readable(read_date, form.get("keepUntil")),
        status=if_readable(FormStatus, form.get("formStatus")),
    )

"""The national form engine over HTTP, with the field names of forminteraction 2.0."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from utskick.adapters.contract_times import contract_date, read_date, read_moments
from utskick.adapters.http_client import AnswerFields, HttpClient, NotThere
from utskick.domain.deliveries import FormId, FormStatus, Refusal
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.ports import Answer, FormOrder, FoundForm, PermanentFailure, UnknownOutcome

_REASONS = {
    "TEMPLATE_ARCHIVED": Refusal.FORM_ARCHIVED,
    "TEMPLATE_UNKNOWN": Refusal.FORM_UNAVAILABLE,
    "TEMPLATE_NOT_AVAILABLE": Refusal.FORM_UNAVAILABLE,
    "SUBJECT_UNKNOWN": Refusal.UNKNOWN_PERSON,
    "INVALID_DATE": Refusal.REFUSED_BY_1177,
}
_PUBLISHED = "Published"

_Date = Annotated[date, BeforeValidator(read_date)]
_Moments = Annotated[tuple[datetime, datetime], BeforeValidator(read_moments)]


class _CreatedForm(AnswerFields):
    id: str = Field(alias="formId", min_length=1)


class _CreateFormRequestAnswer(AnswerFields):
    """`created` lists only the forms that could be made; the code is the whole call's."""

    created: tuple[_CreatedForm, ...] = Field(default=(), alias="formRequestResponses")
    comment: str | None = None
    result: Literal["OK", "INFO", "ERROR"] = Field(alias="resultCode")


class _Form(AnswerFields):
    id: str = Field(alias="formId")
    template_id: UUID = Field(alias="templateId")
    created: _Moments = Field(alias="createdDateTime")
    expires: _Date = Field(alias="expireDate")
    keep_until: _Date = Field(alias="keepUntil")
    status: FormStatus = Field(alias="formStatus")


class _GetFormsAnswer(AnswerFields):
    forms: tuple[_Form, ...]


class _Template(AnswerFields):
    id: UUID = Field(alias="templateId")
    publish_status: str = Field(alias="publishStatus")


class _GetFormTemplatesAnswer(AnswerFields):
    templates: tuple[_Template, ...] = Field(alias="formTemplates")


class _AnsweredQuestion(AnswerFields):
    question: str
    answer: str


class _Proxy(AnswerFields):
    personnummer: str = Field(alias="subjectOfCare", pattern="^[0-9]{12}$")
    name: str


class _GetFormAnswer(AnswerFields):
    id: str = Field(alias="formId")
    status: FormStatus = Field(alias="formStatus")
    answers: tuple[_AnsweredQuestion, ...] = ()
    proxy: _Proxy | None = None


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
        # An empty list of templates means all of them to the service.
        return [_found(form) for form in answer.forms if form.template_id in template_ids]

    async def form_templates(self, unit_id: HsaId) -> Mapping[FormTemplateId, bool]:
        answer = await self._client.post(
            "GetFormTemplates",
            {"healthcare_facility_CareUnit": unit_id},
            answer=_GetFormTemplatesAnswer,
            reading=True,
        )
        return {
            FormTemplateId(template.id): template.publish_status == _PUBLISHED
            for template in answer.templates
        }

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
            proxy=Personnummer(form.proxy.personnummer) if form.proxy else None,
            proxy_name=form.proxy.name if form.proxy else "",
        )


def _only_form(answer: _CreateFormRequestAnswer) -> FormId:
    match answer.created:
        case [form]:
            return FormId(form.id)
        case [] if answer.result != "OK":
            # The comment is free text, which may name the person: only known words are passed on.
            word = next((w for w in (answer.comment or "").split() if w in _REASONS), "")
            raise PermanentFailure(
                f"CreateFormRequest: {answer.result} {word}".rstrip(),
                reason=_REASONS.get(word, Refusal.REFUSED_BY_1177),
            )
        case forms:
            raise UnknownOutcome(f"CreateFormRequest: {answer.result} with {len(forms)} forms")


def _found(form: _Form) -> FoundForm:
    earliest, latest = form.created
    return FoundForm(
        id=FormId(form.id),
        template_id=FormTemplateId(form.template_id),
        created_at=earliest,
        created_at_latest=latest,
        answer_by=form.expires,
        purge_after=form.keep_until,
        status=form.status,
    )

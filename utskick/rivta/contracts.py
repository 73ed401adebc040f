"""One table for each contract. Namespaces and versions stand only here.

No schema is read, neither here nor when the program runs. The sequences are ordered as the
schemas have them; what we neither send nor read is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from utskick.rivta.elements import Element, number, parts, text, texts, truth


@dataclass(frozen=True, slots=True)
class _Domain:
    """A service domain in one major version."""

    name: str
    major: int

    @property
    def core(self) -> str:
        return f"urn:riv:{self.name}:{self.major}"

    def responder(self, contract: str) -> str:
        return f"urn:riv:{self.name}:{contract}Responder:{self.major}"

    def path(self, contract: str) -> str:
        return f"/vp/{self.name.replace(':', '/')}/{contract}/{self.major}/rivtabp21"


@dataclass(frozen=True, slots=True)
class Contract:
    """What is asked and answered stands in the `responder` namespace, their parts in `core`."""

    name: str
    responder: str
    core: str
    path: str
    request: Element = field(repr=False)
    answer: Element = field(repr=False)

    @property
    def action(self) -> str:
        return f"{self.responder}:{self.name}"


def _contract(
    domain: _Domain, name: str, *, request: tuple[Element, ...], answer: tuple[Element, ...]
) -> Contract:
    return Contract(
        name,
        domain.responder(name),
        domain.core,
        domain.path(name),
        parts(name, *request),
        parts(f"{name}Response", *answer),
    )


_FORMS = _Domain("infrastructure:eservicesupply:forminteraction", 2)
_INBOX = _Domain("infrastructure:eservicesupply:patientportal", 1)
_PERSONS = _Domain("strategicresourcemanagement:persons:person", 5)
_INDEX = _Domain("itintegration:engagementindex", 1)

CREATE_FORM_REQUEST = _contract(
    _FORMS,
    "CreateFormRequest",
    request=(
        parts(
            "formRequests+",
            *texts(
                "clinicalProcessInterestId? expireDate formText? healthcare_CareGiver?"
                " healthcare_facility_CareUnit healthcare_MedUnit? healthcare_systemID?"
                " keepUntil subjectOfCare? templateId"
            ),
            number("templateVersion?"),
        ),
    ),
    answer=(
        parts(
            "formRequestResponses*",
            *texts(
                "clinicalProcessInterestId? formId healthcare_facility_CareUnit subjectOfCare?"
            ),
        ),
        *texts("comment? resultCode"),
    ),
)

_TEMPLATE = (
    truth("anonymousForm"),
    *texts("category description? formCompleteText? formName formTitle? language"),
    number("maxNumberOfQuestions"),
    number("minNumberOfQuestions"),
    number("maxNumberOfPages"),
    number("minNumberOfPages"),
    truth("mandatory"),
    text("publishStatus"),
    number("templateVersion"),
    *texts("templateId term"),
)

GET_FORMS = _contract(
    _FORMS,
    "GetForms",
    request=texts(
        "clinicalProcessInterestIds* healthcare_facility_CareUnit? subjectOfCare? templateIds*"
    ),
    answer=(
        parts(
            "forms*",
            *texts(
                "createdDateTime expireDate? formId formStatus healthcare_CareGiver?"
                " healthcare_MedUnit? healthcare_facility_CareUnit"
                " healthcare_facility_CareUnitName healthcare_systemID?"
                " clinicalProcessInterestId? keepUntil lastSavedDate? subjectOfCare?"
            ),
            parts("formTemplate", *_TEMPLATE),
        ),
    ),
)

_PAGE = (
    parts(
        "questionBlocks+",
        parts(
            "questions+",
            parts("answers*", number("answerAlternativeNumber?"), *texts("answerStatus? value?")),
            parts(
                "answerAlternatives*",
                text("alternativeValue"),
                number("answerAlternativeNumber"),
            ),
            text("input"),
            number("questionNumber"),
            text("subject"),
        ),
    ),
)

GET_FORM = _contract(
    _FORMS,
    "GetForm",
    request=texts("formId subjectOfCare?"),
    answer=(
        parts(
            "form?",
            *texts("createdDateTime clinicalProcessInterestId? expireDate? formId formStatus"),
            parts("formTemplate", *_TEMPLATE),
            *texts(
                "formText? healthcare_CareGiver? healthcare_MedUnit?"
                " healthcare_facility_CareUnit healthcare_facility_CareUnitName"
                " healthcare_systemID? keepUntil?"
            ),
            parts("currentPage?", *_PAGE),
            parts("answeredPages*", *_PAGE),
            *texts("lastSavedDate? subjectOfCare?"),
        ),
    ),
)

GET_FORM_TEMPLATES = _contract(
    _FORMS,
    "GetFormTemplates",
    request=texts(
        "clinicalProcessInterestIds* healthcare_facility_CareUnit publishedStatus*"
        " subjectOfCare? templateIds*"
    ),
    answer=(parts("formTemplates*", *_TEMPLATE),),
)

IS_ACTIVE_USER = _contract(
    _INBOX,
    "IsActiveUser",
    request=texts("subjectOfCareId"),
    answer=(truth("status"), text("activeNotificationMethods*")),
)

ADD_MESSAGE = _contract(
    _INBOX,
    "AddMessageToPatientPortalInbox",
    request=(
        text("subjectOfCareId"),
        parts(
            "message",
            parts(
                "organisationUnit",
                *texts(
                    "unitId unitName unitAddress? unitPostalCode? unitPostalCity? unitTelephone?"
                ),
            ),
            *texts("messageThreadId? messageDescription? messageText"),
            parts("ssoLink?", *texts("systemId text queryString? type")),
        ),
        truth("notify?"),
        text("sourceSystem?"),
    ),
    answer=texts("messageThreadId? notificationSent* resultCode resultText?"),
)

_IDENTITY = texts("root extension?")
_PARTIAL_DATE = texts("format value")

GET_PERSONS = _contract(
    _PERSONS,
    "GetPersonsForProfile",
    request=(
        parts("personId+", *_IDENTITY),
        text("profile"),
        truth("ignoreReferredIdentity"),
    ),
    answer=(
        parts(
            "requestedPersonRecord+",
            parts("requestedPersonalIdentity", *_IDENTITY),
            parts(
                "personRecord?",
                parts("personalIdentity", *_IDENTITY),
                truth("protectedPersonIndicator"),
                truth("testIndicator"),
                truth("primaryIdentity"),
                text("version?"),
                parts(
                    "name?",
                    *texts(
                        "givenNameIndicator? givenName? middleName? surname? notificationName?"
                    ),
                ),
                parts("referredPersonalIdentities*", *_IDENTITY),
                parts(
                    "deregistration?",
                    text("deregistrationReasonCode?"),
                    parts("deregistrationDate?", *_PARTIAL_DATE),
                    parts("foundDeadAtDate?", *_PARTIAL_DATE),
                ),
                parts("coOrdinationNumberData?", parts("deceasedDate?", *_PARTIAL_DATE)),
                parts(
                    "personalIdentityStatus?",
                    text("identityStatus?"),
                    parts("identityStatusDate?", *_PARTIAL_DATE),
                    text("identityStatusCause?"),
                ),
                truth("protectedPopulationRecord?"),
            ),
        ),
    ),
)

PROCESS_NOTIFICATION = _contract(
    _INDEX,
    "ProcessNotification",
    request=(
        parts(
            "engagementTransaction+",
            truth("deleteFlag"),
            parts(
                "engagement",
                *texts(
                    "registeredResidentIdentification serviceDomain categorization"
                    " logicalAddress businessObjectInstanceIdentifier clinicalProcessInterestId"
                    " mostRecentContent? sourceSystem creationTime? updateTime? dataController"
                    " owner?"
                ),
            ),
        ),
    ),
    answer=texts("ResultCode comment?"),
)

CONTRACTS: Mapping[str, Contract] = {
    contract.name: contract
    for contract in (
        CREATE_FORM_REQUEST,
        GET_FORMS,
        GET_FORM,
        GET_FORM_TEMPLATES,
        IS_ACTIVE_USER,
        ADD_MESSAGE,
        GET_PERSONS,
        PROCESS_NOTIFICATION,
    )
}

"""The national contracts, read a second time: what a client of somebody else's is made from.

Of what the product's own tables say nothing is used, so that two readings must meet. Written as
WSDL while tests run, since no schema is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REGISTRY = "urn:riv:itintegration:registry:1"
FORMS = "infrastructure:eservicesupply:forminteraction"
PORTAL = "infrastructure:eservicesupply:patientportal"
PERSONS = "strategicresourcemanagement:persons:person"

IDENTITY = "root extension?"
PARTIAL_DATE = "format value"
TYPES: Mapping[str, Mapping[str, str]] = {
    FORMS: {
        "FormRequest": (
            "clinicalProcessInterestId? expireDate formText? healthcare_CareGiver?"
            " healthcare_facility_CareUnit healthcare_MedUnit? healthcare_systemID? keepUntil"
            " subjectOfCare? templateId templateVersion?:int"
        ),
        "FormRequestResponse": (
            "clinicalProcessInterestId? formId healthcare_facility_CareUnit subjectOfCare?"
        ),
        "ListedForm": (
            "createdDateTime expireDate? formId formStatus healthcare_CareGiver?"
            " healthcare_MedUnit? healthcare_facility_CareUnit healthcare_facility_CareUnitName"
            " healthcare_systemID? clinicalProcessInterestId? keepUntil lastSavedDate?"
            " subjectOfCare? formTemplate:Template"
        ),
        "Template": (
            "anonymousForm:boolean category code? description? formCompleteText? formName"
            " formTitle? language media? maxNumberOfQuestions:int minNumberOfQuestions:int"
            " maxNumberOfPages:int minNumberOfPages:int mandatory:boolean publishStatus"
            " templateVersion:int templateId term"
        ),
        "Form": (
            "createdDateTime clinicalProcessInterestId? expireDate? formId formStatus"
            " formTemplate:Template formText? healthcare_CareGiver? healthcare_MedUnit?"
            " healthcare_facility_CareUnit healthcare_facility_CareUnitName healthcare_systemID?"
            " keepUntil? currentPage?:Page answeredPages*:Page lastSavedDate? subjectOfCare?"
        ),
        "Page": "questionBlocks+:QuestionBlock",
        "QuestionBlock": "questions+:Question",
        "Question": (
            "answers*:Answer answerAlternatives*:Alternative input questionNumber:int subject"
        ),
        "Answer": "answerAlternativeNumber?:int answerStatus? value?",
        "Alternative": "alternativeValue answerAlternativeNumber:int",
    },
    PORTAL: {
        "Message": (
            "organisationUnit:Unit messageThreadId? messageDescription? messageText ssoLink?:Link"
        ),
        "Unit": "unitId unitName unitAddress? unitPostalCode? unitPostalCity? unitTelephone?",
        "Link": "systemId text queryString? type",
    },
    PERSONS: {
        "Identity": IDENTITY,
        "RequestedRecord": "requestedPersonalIdentity:Identity personRecord?:Record",
        "Record": (
            "personalIdentity:Identity protectedPersonIndicator:boolean testIndicator:boolean"
            " primaryIdentity:boolean version? name?:Name referredPersonalIdentities*:Identity"
            " deregistration?:Deregistration coOrdinationNumberData?:Coordination"
            " protectedPopulationRecord?:boolean"
        ),
        "Name": "givenName? middleName? surname?",
        "Deregistration": (
            "deregistrationReasonCode? deregistrationDate?:Day foundDeadAtDate?:Day"
        ),
        "Coordination": "deceasedDate?:Day",
        "Day": PARTIAL_DATE,
    },
}


@dataclass(frozen=True, slots=True)
class Described:
    domain: str
    major: int
    request: str
    answer: str

    def path(self, name: str) -> str:
        return f"/vp/{self.domain.replace(':', '/')}/{name}/{self.major}/rivtabp21"


DESCRIBED: Mapping[str, Described] = {
    "CreateFormRequest": Described(
        FORMS,
        2,
        "formRequests+:FormRequest",
        "formRequestResponses*:FormRequestResponse comment? resultCode",
    ),
    "GetForms": Described(
        FORMS,
        2,
        "clinicalProcessInterestIds* healthcare_facility_CareUnit? subjectOfCare? templateIds*",
        "forms*:ListedForm",
    ),
    "GetForm": Described(FORMS, 2, "formId subjectOfCare?", "form?:Form"),
    "GetFormTemplates": Described(
        FORMS,
        2,
        "clinicalProcessInterestIds* healthcare_facility_CareUnit publishedStatus*"
        " subjectOfCare? templateIds*",
        "formTemplates*:Template",
    ),
    "IsActiveUser": Described(
        PORTAL, 1, "subjectOfCareId", "status:boolean activeNotificationMethods*"
    ),
    "AddMessageToPatientPortalInbox": Described(
        PORTAL,
        1,
        "subjectOfCareId message:Message notify?:boolean sourceSystem?",
        "messageThreadId? notificationSent* resultCode resultText?",
    ),
    "GetPersonsForProfile": Described(
        PERSONS,
        5,
        "personId+:Identity profile ignoreReferredIdentity:boolean",
        "requestedPersonRecord+:RequestedRecord",
    ),
}

COUNTS = {
    "": "",
    "?": 'minOccurs="0"',
    "*": 'minOccurs="0" maxOccurs="unbounded"',
    "+": 'maxOccurs="unbounded"',
}
PLAIN = ("string", "int", "boolean")
EXTENSION = (
    '<xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>'
)
WSDL = """<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
  xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xs="http://www.w3.org/2001/XMLSchema"
  xmlns:core="{core}" xmlns:r="{responder}" xmlns:i="{registry}"
  xmlns:tns="{responder}:wsdl" targetNamespace="{responder}:wsdl">
 <wsdl:types>
  <xs:schema targetNamespace="{registry}" elementFormDefault="qualified">
   <xs:element name="LogicalAddress" type="xs:string"/></xs:schema>
  <xs:schema targetNamespace="{core}" elementFormDefault="qualified">{types}</xs:schema>
  <xs:schema targetNamespace="{responder}" elementFormDefault="qualified">
   <xs:import namespace="{core}"/>
   <xs:element name="{name}"><xs:complexType>{request}</xs:complexType></xs:element>
   <xs:element name="{name}Response"><xs:complexType>{answer}</xs:complexType></xs:element>
  </xs:schema>
 </wsdl:types>
 <wsdl:message name="Asked"><wsdl:part name="parameters" element="r:{name}"/>
  <wsdl:part name="LogicalAddress" element="i:LogicalAddress"/></wsdl:message>
 <wsdl:message name="Answered"><wsdl:part name="parameters" element="r:{name}Response"/>
 </wsdl:message>
 <wsdl:portType name="Port"><wsdl:operation name="{name}">
  <wsdl:input message="tns:Asked"/><wsdl:output message="tns:Answered"/>
 </wsdl:operation></wsdl:portType>
 <wsdl:binding name="Binding" type="tns:Port">
  <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
  <wsdl:operation name="{name}"><soap:operation soapAction="{responder}:{name}"/>
   <wsdl:input>
    <soap:header use="literal" message="tns:Asked" part="LogicalAddress"/>
    <soap:body use="literal" parts="parameters"/></wsdl:input>
   <wsdl:output><soap:body use="literal"/></wsdl:output>
  </wsdl:operation></wsdl:binding>
 <wsdl:service name="Service"><wsdl:port name="Port" binding="tns:Binding">
  <soap:address location="{url}"/></wsdl:port></wsdl:service>
</wsdl:definitions>
"""


def write_wsdl(folder: Path, name: str, *, url: str) -> Path:
    """The contract's description, for a client; `url` is where the platform is."""
    described = DESCRIBED[name]
    core = f"urn:riv:{described.domain}:{described.major}"
    path = folder / f"{name}.wsdl"
    path.write_text(
        WSDL.format(
            core=core,
            responder=f"urn:riv:{described.domain}:{name}Responder:{described.major}",
            registry=REGISTRY,
            name=name,
            types="".join(
                f'<xs:complexType name="{each}">{_sequence(fields)}</xs:complexType>'
                for each, fields in TYPES[described.domain].items()
            ),
            request=_sequence(described.request),
            answer=_sequence(described.answer),
            url=url + described.path(name),
        ),
        encoding="utf-8",
    )
    return path


def _sequence(fields: str) -> str:
    elements = "".join(_element(field) for field in fields.split())
    return f"<xs:sequence>{elements}{EXTENSION}</xs:sequence>"


def _element(field: str) -> str:
    counted, _, named = field.partition(":")
    name, kind = counted.rstrip("?*+"), named or "string"
    of = f"xs:{kind}" if kind in PLAIN else f"core:{kind}"
    return f'<xs:element name="{name}" type="{of}" {COUNTS[counted[len(name) :]]}/>'

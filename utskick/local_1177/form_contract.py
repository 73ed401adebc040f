"""Forminteraction 2.0, as far as it can be said of plain values: what is refused, and the answers.

For whoever stands in for the form service over HTTP: the local 1177 here, and the lean neighbour
of the benchmarks. What each holds, and how, is its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from utskick.local_1177.moments import contract_date


class Columns(Protocol):
    """A version of a template, with what all versions share."""

    def __getitem__(self, name: str, /) -> Any: ...


def why_no_dates(expires: str, keep_until: str, today: date) -> str | None:
    """The words for refusing, or `None`. To keep until '' is until further notice."""
    try:
        if keep_until:
            contract_date(keep_until)
        passed = contract_date(expires) < today
    except ValueError:
        return "ett datum går inte att läsa"
    return "sista svarsdagen har passerat" if passed else None


def created(form_id: str, order: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "formId": form_id,
        "healthcare_facility_CareUnit": order["healthcare_facility_CareUnit"],
        "subjectOfCare": order["subjectOfCare"],
    }


def answer_to_orders(made: Sequence[dict[str, Any]], remarks: Sequence[str]) -> dict[str, Any]:
    """Of one call: what was `created`, and a sentence for each order that was not, or otherwise.

    The sentences are for people to read. There are no codes.
    """
    answer = {"formRequestResponses": made, "resultCode": "INFO" if made else "ERROR"}
    if not remarks:
        return answer | {"resultCode": "OK"}
    return answer | {"comment": " ".join(dict.fromkeys(remarks))}


def form_described(
    *,
    form_id: str,
    template: Columns,
    created_at: str,
    expires: str,
    keep_until: str,
    status: str,
    unit: str,
    unit_name: str,
    subject: str,
) -> dict[str, Any]:
    """`created_at` as `contract_time` has it. A form may lack its last day to answer."""
    return {
        "createdDateTime": created_at,
        **({"expireDate": expires} if expires else {}),
        "formId": form_id,
        "formStatus": status,
        "healthcare_facility_CareUnit": unit,
        "healthcare_facility_CareUnitName": unit_name,
        "keepUntil": keep_until,
        "subjectOfCare": subject,
        "formTemplate": template_described(template),
    }


def templates_described(versions: Iterable[Columns]) -> dict[str, Any]:
    """One entry for each version, those that cannot be sent too."""
    return {"formTemplates": [template_described(version) for version in versions]}


def template_described(version: Columns) -> dict[str, Any]:
    return {
        "anonymousForm": False,
        "category": "Formulär",
        "description": version["description"],
        "formName": version["name"],
        "formTitle": version["resident_name"],
        "language": "sv",
        "maxNumberOfQuestions": 100,
        "minNumberOfQuestions": 1,
        "maxNumberOfPages": 1,
        "minNumberOfPages": 1,
        "mandatory": False,
        "publishStatus": version["publish_status"],
        "templateVersion": version["version"],
        "templateId": version["id"],
        "term": version["name"],
    }


def is_wanted(template_id: str, call: Mapping[str, Any]) -> bool:
    """No `templateIds` means of all templates."""
    wanted = call.get("templateIds")
    return not wanted or template_id in wanted

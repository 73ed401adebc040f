"""Forminteraction 2.0, as far as it can be said of plain values: what is refused, and the answers.

For whoever stands in for the form service over HTTP: the local 1177 here, and the lean neighbour
of the benchmarks. What each holds, and how, is its own.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Protocol

from utskick.local_1177.moments import contract_date


class Columns(Protocol):
    """A row of the table `template`."""

    def __getitem__(self, name: str, /) -> Any: ...


def why_no_dates(expires: str, keep_until: str, today: date) -> str | None:
    """The word for refusing, or `None`."""
    try:
        contract_date(keep_until)
        passed = contract_date(expires) < today
    except ValueError:
        return "INVALID_DATE"
    return "INVALID_DATE" if passed else None


def created(form_id: str, order: dict[str, Any]) -> dict[str, Any]:
    return {
        "formId": form_id,
        "healthcare_facility_CareUnit": order["healthcare_facility_CareUnit"],
        "subjectOfCare": order["subjectOfCare"],
    }


def answer_to_orders(made: Sequence[dict[str, Any]], refusals: Sequence[str]) -> dict[str, Any]:
    """Of one call: what was `created`, and a word for each order that was not."""
    answer = {"formRequestResponses": made, "resultCode": "INFO" if made else "ERROR"}
    if not refusals:
        return answer | {"resultCode": "OK"}
    return answer | {"comment": " ".join(dict.fromkeys(refusals))}


def form_described(
    *,
    form_id: str,
    template_id: str,
    template_name: str,
    created_at: str,
    expires: str,
    keep_until: str,
    status: str,
    unit: str,
    subject: str,
) -> dict[str, Any]:
    """`created_at` as `contract_time` has it."""
    return {
        "formId": form_id,
        "templateId": template_id,
        "templateName": template_name,
        "createdDateTime": created_at,
        "expireDate": expires,
        "keepUntil": keep_until,
        "formStatus": status,
        "healthcare_facility_CareUnit": unit,
        "subjectOfCare": subject,
    }


def templates_described(templates: Iterable[Columns]) -> dict[str, Any]:
    """Archived templates are listed and cannot be sent."""
    return {
        "formTemplates": [
            {
                "templateId": template["id"],
                "templateName": template["name"],
                "residentName": template["resident_name"],
                "templateVersion": template["version"],
                "publishStatus": "Archived" if template["archived"] else "Published",
                "catalogue": template["catalogue"],
            }
            for template in templates
        ]
    }


def is_wanted(template_id: str, call: dict[str, Any]) -> bool:
    """No `templateIds` means of all templates."""
    wanted = call.get("templateIds")
    return not wanted or template_id in wanted

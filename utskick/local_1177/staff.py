"""Test staff and their commissions (medarbetaruppdrag), as the sign-in returns them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utskick.local_1177.seed import read_yaml

METHODS = {"amr": ["urn:se:inera:siths:local-test"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """`commissions` carry Inera's claim names; `endDate` is `None` while one runs."""

    hsa_id: str
    given_name: str
    family_name: str
    commissions: tuple[Mapping[str, Any], ...]
    system_roles: tuple[str, ...] = ()

    def claims(self, commission_hsa_id: str, *, acr: str) -> dict[str, Any] | None:
        """All that is known; `None` if the commission is not the person's."""
        for commission in self.commissions:
            if commission["commissionHsaId"] == commission_hsa_id:
                return {
                    "sub": self.hsa_id,
                    "employeeHsaId": self.hsa_id,
                    "given_name": self.given_name,
                    "family_name": self.family_name,
                    "acr": acr,
                    **METHODS,
                    **commission,
                    "allCommissions": list(self.commissions),
                    "systemRoles": list(self.system_roles),
                }
        return None


def read_staff(region: Path) -> Sequence[StaffMember]:
    return [
        StaffMember(
            hsa_id=member["employee_hsa_id"],
            given_name=member["given_name"],
            family_name=member["family_name"],
            commissions=tuple(_commission(raw) for raw in member["commissions"]),
            system_roles=tuple(member.get("system_roles", ())),
        )
        for member in read_yaml(region / "staff.yaml")
    ]


def _commission(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "commissionHsaId": raw["commission_hsa_id"],
        "commissionName": raw["name"],
        "commissionPurpose": raw["purpose"],
        "healthCareUnitHsaId": raw["unit_hsa_id"],
        "healthCareUnitName": raw["unit_name"],
        "healthCareProviderHsaId": raw["provider_hsa_id"],
        "healthCareProviderName": raw["provider_name"],
        "startDate": str(raw["start_date"]),
        "endDate": raw["end_date"] and str(raw["end_date"]),
    }

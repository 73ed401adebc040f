"""Where each contract is, and what it is called."""

import pytest

from utskick.rivta.contracts import CONTRACTS

DOMAINS = {
    "urn:riv:infrastructure:eservicesupply:forminteraction": (
        2,
        "CreateFormRequest GetForms GetForm GetFormTemplates",
    ),
    "urn:riv:infrastructure:eservicesupply:patientportal": (
        1,
        "IsActiveUser AddMessageToPatientPortalInbox",
    ),
    "urn:riv:strategicresourcemanagement:persons:person": (5, "GetPersonsForProfile"),
    "urn:riv:itintegration:engagementindex": (1, "ProcessNotification"),
}
NAMED = [
    (domain, major, name) for domain, (major, names) in DOMAINS.items() for name in names.split()
]


@pytest.mark.parametrize(("domain", "major", "name"), NAMED)
def test_a_contract_is_named_by_its_domain_and_version(domain: str, major: int, name: str) -> None:
    contract = CONTRACTS[name]

    assert contract.core == f"{domain}:{major}"
    assert contract.responder == f"{domain}:{name}Responder:{major}"
    assert contract.action == f"{domain}:{name}Responder:{major}:{name}"


def test_there_are_no_others() -> None:
    assert set(CONTRACTS) == {name for _, _, name in NAMED}


def test_a_contract_has_its_place_on_the_platform() -> None:
    assert CONTRACTS["GetForms"].path == (
        "/vp/infrastructure/eservicesupply/forminteraction/GetForms/2/rivtabp21"
    )

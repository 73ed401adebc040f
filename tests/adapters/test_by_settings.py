"""With other settings and nothing else the adapters call somebody else's platform and producers.

`strict_platform` shares no line with what it is called by.
"""

import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from tests.adapters.neighbours import OWN_FORM, UNIT_ID, a_message, an_order
from tests.adapters.strict_platform import REQUESTS, strict_platform, wrong_with
from tests.certificates import a_certificate, server_side
from tests.people import ANNA, TOLVAN
from utskick.domain.deliveries import FormId, FormStatus
from utskick.ports import InboxUser, TemporaryFailure, UnknownOutcome
from utskick.wiring.neighbours import form_service_of, inbox_of, persons_of, tls_contexts


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("platform")
    a_certificate(folder / "platform.pem")
    a_certificate(folder / "ours.pem", hsa_id="SE2321000131-E000000000001", password=b"hemligt")
    a_certificate(folder / "stranger.pem")
    return folder


def settings_for(url: str, **groups: Any) -> Settings:
    here = {
        name: {"url": url, "logical_address": f"SE1-{name.upper()}"}
        for name in ("forms", "inbox", "persons")
    }
    chosen = here | groups
    return Settings(_env_file=None, **{k: here.get(k, {}) | v for k, v in chosen.items()})


def of_platform(files: Path, ours: str = "ours.pem") -> dict[str, str]:
    password = {"client_key_password": "hemligt"} if ours == "ours.pem" else {}
    return {
        "ca_file": str(files / "platform.pem"),
        "client_certificate": str(files / ours),
        **password,
    }


async def call_everything(settings: Settings) -> None:
    tls = tls_contexts(settings)
    forms = form_service_of(settings, tls["forms"])
    inbox = inbox_of(settings, tls["inbox"])

    assert await forms.form_templates(UNIT_ID) == {OWN_FORM: True}
    assert await forms.create_form(an_order(TOLVAN, banner="Rad <1>\nRad & 2")) == "f-1"
    (form,) = await forms.find_forms(unit_id=UNIT_ID, personnummer=TOLVAN, template_ids=[OWN_FORM])
    assert form.id == "f-1"
    assert (await forms.read_answer(FormId("f-1"))).status is FormStatus.ONGOING
    assert await inbox.user(TOLVAN) == InboxUser(active=True, notified_by=())
    await inbox.add_message(TOLVAN, a_message())
    await inbox.add_message(TOLVAN, replace(a_message(), forms=()))
    assert await persons_of(settings, tls["persons"]).look_up([TOLVAN]) == {TOLVAN: None}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_every_contract_is_called_over_tls_with_our_certificate(
    files: Path, version: ssl.TLSVersion
) -> None:
    context = server_side(files / "platform.pem", asks_for=files / "ours.pem")
    context.minimum_version = context.maximum_version = version

    with strict_platform(context) as (url, calls):
        await call_everything(settings_for(url, platform=of_platform(files)))

    assert {path.split("/")[-3] for path, _, _ in calls} == set(REQUESTS)
    assert {(used, wrong) for _, used, wrong in calls} == {(version.name.replace("_", "."), "")}


async def test_settings_say_what_else_is_sent_and_where_each_contract_is() -> None:
    with strict_platform() as (url, calls):
        settings = settings_for(
            "http://127.0.0.1:9/elsewhere",
            platform={"original_consumer": False},
            forms={
                "url": f"{url}/regional/",
                "care_system_hsa_id": "SE1-SYSTEM",
                "care_giver_hsa_id": "SE1-GIVER",
                "addresses": {
                    "GetForm": f"{url}/x/GetForm/2/rivtabp21",
                    "GetForms": "/y/GetForms/2/rivtabp21",
                },
            },
            inbox={"url": url, "source_system": "", "link_system_id": ""},
            persons={"url": url, "profile": "P2"},
        )
        await call_everything(settings)

    paths = {path.split("/")[-3]: path for path, _, _ in calls}
    assert {wrong for _, _, wrong in calls} == {""}
    assert paths["GetForm"] == "/x/GetForm/2/rivtabp21"
    assert paths["GetForms"] == "/y/GetForms/2/rivtabp21"
    assert paths["CreateFormRequest"].startswith("/regional/vp/infrastructure/eservicesupply/")


async def test_with_a_wrong_address_nothing_is_done() -> None:
    with strict_platform() as (url, calls):
        settings = settings_for(url, forms={"logical_address": "SE1-NOBODY"})
        with pytest.raises(TemporaryFailure):
            await form_service_of(settings, None).form_templates(UNIT_ID)
        with pytest.raises(UnknownOutcome):
            await form_service_of(settings, None).create_form(an_order(ANNA))

    assert {wrong for _, _, wrong in calls} == {"address"}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_whose_certificate_is_refused_reads_nothing(
    files: Path, version: ssl.TLSVersion
) -> None:
    context = server_side(files / "platform.pem", asks_for=files / "ours.pem")
    context.minimum_version = context.maximum_version = version

    with strict_platform(context) as (url, calls):
        settings = settings_for(url, platform=of_platform(files, "stranger.pem"))
        with pytest.raises(TemporaryFailure):
            await form_service_of(settings, tls_contexts(settings)["forms"]).form_templates(
                UNIT_ID
            )

    assert not calls


BREACHES = {
    "sequence": (b"<r:subjectOfCareId>", b"<r:x/><r:subjectOfCareId>"),
    "responder": (b":IsActiveUserResponder:1", b":IsActiveUserResponder:2"),
    "address": (b">SE1-INBOX<", b"><"),
    "attributes": (b"<r:subjectOfCareId>", b'<r:subjectOfCareId a="b">'),
    "elements": (b"191212121212<", b"<r:x/><"),
}


@pytest.mark.parametrize("wrong", BREACHES)
def test_the_strict_platform_is_strict(wrong: str) -> None:
    action = "urn:riv:infrastructure:eservicesupply:patientportal:IsActiveUserResponder:1"
    headers = {"SOAPAction": f'"{action}:IsActiveUser"', "Content-Type": "text/xml;charset=utf-8"}
    right = (
        b'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:r="%b"><S:Header>'
        b'<LogicalAddress xmlns="urn:riv:itintegration:registry:1">SE1-INBOX</LogicalAddress>'
        b"</S:Header><S:Body><r:IsActiveUser><r:subjectOfCareId>191212121212</r:subjectOfCareId>"
        b"</r:IsActiveUser></S:Body></S:Envelope>" % action.encode()
    )

    path = "/vp/IsActiveUser/1/rivtabp21"
    assert wrong_with(path, headers, right) == ""
    assert wrong in wrong_with(path, headers, right.replace(*BREACHES[wrong], 1))

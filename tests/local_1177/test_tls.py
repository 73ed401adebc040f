"""The local 1177 over TLS, where whoever calls shows a certificate."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from ssl import TLSVersion

import httpx
import pytest

from tests.adapters.neighbours import an_order
from tests.calling import a_client, forms_of
from tests.certificates import a_certificate
from tests.local_1177.conftest import NOON, Local
from tests.local_1177.conftest import served as serving
from tests.local_1177.region import write_region
from tests.waiting import TIMEOUT_S
from utskick.adapters.tls import FreshContext, TlsFiles
from utskick.domain.personnummer import Personnummer
from utskick.local_1177.app import create_app
from utskick.local_1177.serving import ServerTls
from utskick.ports import TemporaryFailure, UnknownOutcome
from utskick.rivta.envelopes import SoapFault

VERSIONS = (TLSVersion.TLSv1_2, TLSVersion.TLSv1_3)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    a_certificate(folder / "platform.pem")
    a_certificate(folder / "region.pem", hsa_id="SE2321000131-E000000000001")
    a_certificate(folder / "nameless.pem")
    a_certificate(folder / "stranger.pem", hsa_id="SE2321000131-E000000000002")
    known = [(folder / f"{name}.pem").read_bytes() for name in ("region", "nameless")]
    (folder / "known.pem").write_bytes(b"".join(known))
    return folder


@pytest.fixture(scope="module")
def address(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("local_1177_tls")
    app = create_app(folder / "state.db", write_region(folder / "region"), clock=lambda: NOON)
    tls = ServerTls(
        certificate=certificates / "platform.pem",
        client_authorities=certificates / "known.pem",
    )
    with serving(app, tls=tls) as url:
        yield url


@contextmanager
def seen_by(
    name: str, address: str, certificates: Path, version: TLSVersion = TLSVersion.TLSv1_3
) -> Iterator[Local]:
    context = ssl.create_default_context(cafile=certificates / "platform.pem")
    context.minimum_version = context.maximum_version = version
    if name:
        context.load_cert_chain(certificates / f"{name}.pem")
    with httpx.Client(verify=context, timeout=TIMEOUT_S) as client:
        yield Local(address, client=client)


@pytest.mark.parametrize("version", VERSIONS)
def test_who_shows_a_certificate_of_a_known_authority_is_answered(
    address: str, certificates: Path, version: TLSVersion
) -> None:
    with seen_by("region", address, certificates, version) as local:
        assert local.create_form(local.add_person())["resultCode"] == "OK"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["", "stranger"])
def test_who_shows_none_or_a_strangers_is_not(
    address: str, certificates: Path, name: str, version: TLSVersion
) -> None:
    with (
        seen_by(name, address, certificates, version) as local,
        pytest.raises(httpx.TransportError),
    ):
        local.call("IsActiveUser", {"subjectOfCareId": "191212121212"})


def test_a_certificate_that_names_nobody_is_refused_by_the_platform(
    address: str, certificates: Path
) -> None:
    with seen_by("nameless", address, certificates) as local, pytest.raises(SoapFault) as fault:
        local.call("IsActiveUser", {"subjectOfCareId": "191212121212"})

    assert fault.value.text.startswith("VP002 [LOCAL]")


async def test_the_products_own_client_sends_forms_with_its_certificate(
    address: str, certificates: Path
) -> None:
    forms = forms_of(a_client(address, tls=fresh("region", certificates)))
    order = an_order(Personnummer("191212121212"))

    made = await forms.create_form(order)

    found = await forms.find_forms(
        unit_id=order.unit_id, personnummer=order.personnummer, template_ids=[order.template_id]
    )
    assert made in {form.id for form in found}


async def test_a_strangers_refusal_shows_too_late_to_know_of_anything_but_a_reading(
    address: str, certificates: Path
) -> None:
    """With TLS 1.3: so a reading call comes before the first one that changes something."""
    client = a_client(address, tls=fresh("stranger", certificates))
    order = an_order(Personnummer("191212121212"))

    with pytest.raises(TemporaryFailure):
        await forms_of(client).form_templates(order.unit_id)
    with pytest.raises(UnknownOutcome):
        await forms_of(client).create_form(order)


def fresh(name: str, certificates: Path) -> FreshContext:
    files = TlsFiles(
        authorities=certificates / "platform.pem", certificate=certificates / f"{name}.pem"
    )
    return FreshContext(files, of="UTSKICK_PLATFORM")


def test_a_reset_cuts_a_secured_connection_too(address: str, certificates: Path) -> None:
    with seen_by("region", address, certificates) as local:
        anna = local.add_person()
        local.break_down("reset_after", times=1)

        with pytest.raises(httpx.TransportError):
            local.create_form(anna)

        assert len(local.forms_of(anna)) == 1

"""Neighbours are known by their authority's certificate, and we by ours."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from config.settings import SignInSettings
from tests.calling import a_client, inbox_of
from tests.certificates import a_certificate, server_side
from tests.people import TOLVAN
from utskick.adapters.oidc_sign_in import OidcSignIn
from utskick.adapters.prefect_scheduler import PrefectScheduler
from utskick.adapters.tls import FreshContext, TlsFiles, tls_context
from utskick.domain.starting import RefusedToStart
from utskick.ports import TemporaryFailure
from utskick.rivta.contracts import IS_ACTIVE_USER
from utskick.rivta.envelopes import answer
from utskick.wiring.sign_in import sign_in_of

NOW = datetime(2027, 2, 1, 7, tzinfo=UTC)


class Answering(BaseHTTPRequestHandler):
    """To whatever it is asked."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(answer(IS_ACTIVE_USER, {"status": True}), "text/xml")

    def do_GET(self) -> None:
        here = f"https://{self.headers['Host']}"
        endpoints = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        said = {"issuer": here} | dict.fromkeys(endpoints, f"{here}/x")
        self._say(json.dumps(said).encode(), "application/json")

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def _say(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(HTTPServer):
    """Who is not trusted is sent away, and no trace of it is printed."""

    def handle_error(self, *_: object) -> None:
        """A client that the test wants to be refused."""


@contextmanager
def serving(context: ssl.SSLContext) -> Iterator[str]:
    """Its address."""
    with Server(("127.0.0.1", 0), Answering) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("neighbour", "ours", "stranger"):
        a_certificate(folder / f"{name}.pem")
    return folder


async def asked(url: str, tls: TlsFiles | FreshContext) -> bool:
    context = tls_context(tls, of="UTSKICK_FORMS") if isinstance(tls, TlsFiles) else tls
    user = await inbox_of(a_client(url, tls=context)).user(TOLVAN)
    return user.active


async def test_a_neighbour_of_our_authority_is_asked_and_no_other(neighbours: Path) -> None:
    with serving(server_side(neighbours / "neighbour.pem")) as url:
        assert await asked(url, TlsFiles(authorities=neighbours / "neighbour.pem"))

        for untrusted in (TlsFiles(), TlsFiles(authorities=neighbours / "stranger.pem")):
            with pytest.raises(TemporaryFailure):
                await asked(url, untrusted)


async def test_a_neighbour_that_wants_our_certificate_gets_it(neighbours: Path) -> None:
    known, ours = neighbours / "neighbour.pem", neighbours / "ours.pem"
    with serving(server_side(known, asks_for=ours)) as url:
        assert await asked(url, TlsFiles(authorities=known, certificate=ours))

        for stranger in (None, neighbours / "stranger.pem"):
            with pytest.raises(TemporaryFailure):
                await asked(url, TlsFiles(authorities=known, certificate=stranger))


async def test_new_connections_go_by_what_the_files_hold_then(
    neighbours: Path, tmp_path: Path
) -> None:
    known, ours = neighbours / "neighbour.pem", neighbours / "ours.pem"
    renewed = tmp_path / "renewed.pem"
    renewed.write_bytes((neighbours / "stranger.pem").read_bytes())
    files = TlsFiles(authorities=known, certificate=renewed)
    fresh = FreshContext(files, of="UTSKICK_FORMS")
    with serving(server_side(known, asks_for=ours)) as url:
        with pytest.raises(TemporaryFailure):
            await asked(url, fresh)

        renewed.write_bytes(ours.read_bytes())

        assert await asked(url, fresh)


async def test_a_file_that_is_being_changed_leaves_the_one_before_in_use(
    neighbours: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    known, ours = neighbours / "neighbour.pem", tmp_path / "ours.pem"
    ours.write_bytes((neighbours / "ours.pem").read_bytes())
    fresh = FreshContext(TlsFiles(authorities=known, certificate=ours), of="UTSKICK_FORMS")
    with serving(server_side(known, asks_for=neighbours / "ours.pem")) as url:
        ours.write_text("half of it")
        assert await asked(url, fresh)
        ours.unlink()
        assert await asked(url, fresh)

    assert "UTSKICK_FORMS__CLIENT_CERTIFICATE" in caplog.text
    assert "half of it" not in caplog.text


async def test_an_authority_that_is_taken_out_of_the_file_is_trusted_no_more(
    neighbours: Path, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes((neighbours / "neighbour.pem").read_bytes())
    fresh = FreshContext(TlsFiles(authorities=trusted), of="UTSKICK_FORMS")
    with serving(server_side(neighbours / "neighbour.pem")) as url:
        assert await asked(url, fresh)

        trusted.write_bytes((neighbours / "stranger.pem").read_bytes())

        with pytest.raises(TemporaryFailure):
            await asked(url, fresh)


async def test_the_identity_provider_is_known_by_its_authority(neighbours: Path) -> None:
    def sign_in(url: str, name: str) -> OidcSignIn:
        files = TlsFiles(authorities=neighbours / f"{name}.pem")
        tls = FreshContext(files, of="UTSKICK_SIGN_IN")
        return sign_in_of(SignInSettings(issuer=url), tls)

    with serving(server_side(neighbours / "neighbour.pem")) as url:
        leads_to, _ = await sign_in(url, "neighbour").begin(
            redirect_uri=url, return_to="/", now=NOW
        )
        assert leads_to.startswith(f"{url}/x?")

        with pytest.raises(TemporaryFailure):
            await sign_in(url, "stranger").begin(redirect_uri=url, return_to="/", now=NOW)


def test_prefect_is_known_by_its_authority(neighbours: Path) -> None:
    def scheduler(url: str, name: str) -> PrefectScheduler:
        files = TlsFiles(authorities=neighbours / f"{name}.pem")
        tls = FreshContext(files, of="UTSKICK_SCHEDULER")
        return PrefectScheduler(api_url=f"{url}/api", work_pool="utskick", tls=tls)

    with serving(server_side(neighbours / "neighbour.pem")) as url:
        # That it is no Prefect is noticed only once its certificate has been accepted.
        with pytest.raises(TemporaryFailure) as known:
            scheduler(url, "neighbour").under_way()
        with pytest.raises(TemporaryFailure) as unknown:
            scheduler(url, "stranger").under_way()

    assert "ConnectError" not in str(known.value)
    assert "ConnectError" in str(unknown.value)


def test_a_sealed_key_is_opened_by_its_password(tmp_path: Path) -> None:
    sealed = a_certificate(tmp_path / "sealed.pem", password=b"secret")
    files = TlsFiles(certificate=sealed, password="secret")

    assert tls_context(files, of="UTSKICK_FORMS")
    assert "secret" not in repr(files)


def test_nothing_older_than_tls_1_2_is_spoken(neighbours: Path) -> None:
    for context in (tls_context(TlsFiles(), of="X"), FreshContext(TlsFiles(), of="X")):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.check_hostname


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (TlsFiles(authorities=Path("/nowhere/ca.pem")), "FORMS__CA_FILE .* is missing"),
        (TlsFiles(authorities=Path("text.pem")), "FORMS__CA_FILE .* cannot be read"),
        (TlsFiles(certificate=Path("/nowhere")), "FORMS__CLIENT_CERTIFICATE .* is missing"),
        (TlsFiles(certificate=Path("text.pem")), "FORMS__CLIENT_CERTIFICATE .* cannot be read"),
        (TlsFiles(certificate=Path("locked.pem")), "CLIENT_CERTIFICATE .* the key's password"),
        (
            TlsFiles(certificate=Path("locked.pem"), password="wrong"),
            "CLIENT_CERTIFICATE .* the key's password",
        ),
        (TlsFiles(key=Path("ours.pem")), "FORMS__CLIENT_KEY has no .*CLIENT_CERTIFICATE"),
    ],
)
def test_a_file_of_no_use_keeps_us_from_starting(
    files: TlsFiles, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    a_certificate(tmp_path / "ours.pem")
    a_certificate(tmp_path / "locked.pem", password=b"secret")
    (tmp_path / "text.pem").write_text("no certificate")

    with pytest.raises(RefusedToStart, match=fault):
        tls_context(files, of="UTSKICK_FORMS")

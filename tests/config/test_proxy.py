"""The proxy's example, as nginx understands it: what it takes, believes and refuses."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import a_certificate
from tests.waiting import poll
from utskick.domain.limits import MEGABYTE, Limits
from utskick.rivta.contracts import PROCESS_NOTIFICATION
from utskick.running.children import ending_with_us
from utskick.running.ports import HOST, choose_ports

EXAMPLE = Path(__file__).parents[2] / "config/proxy/nginx.conf"
STAFF, OPERATORS = "utskick.region.example", "prefect.region.example"
NOTICES, NOTICE = "notiser.region.example", PROCESS_NOTIFICATION.path
AROUND = """
daemon off;
user root;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/example.conf;
}}
"""


class Echo(BaseHTTPRequestHandler):
    """All that stands behind the proxy: it answers what it was asked, and knows one operator."""

    def do_GET(self) -> None:
        operator = "karin" if self.headers["Cookie"] == "signed-in" else ""
        signs_in = self.path == "/oauth2/auth"
        self.send_response(401 if signs_in and not operator else 200)
        if signs_in:
            self.send_header("X-Auth-Request-Email", operator)
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    seen: Mapping[str, str]
    """The headers that came through."""


@dataclass(frozen=True, slots=True)
class Proxy:
    https: int
    http: int
    certificate: Path

    def ask(
        self,
        path: str = "/",
        *,
        name: str = STAFF,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        certificate: Path | None = None,
    ) -> Answered:
        context = ssl.create_default_context()
        if certificate:
            context.load_cert_chain(certificate)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection((HOST, self.https)) as plain:
            secured = context.wrap_socket(plain, server_hostname=name)
            return _asked(secured, method, path, {"Host": name, **(headers or {})})

    def ask_in_clear(self, path: str) -> Answered:
        with socket.create_connection((HOST, self.http)) as plain:
            return _asked(plain, "GET", path, {"Host": STAFF})


def _asked(
    connected: socket.socket, method: str, path: str, headers: Mapping[str, str]
) -> Answered:
    with closing(HTTPConnection(HOST)) as connection:
        connection.sock = connected
        connection.putrequest(method, path, skip_host=True)
        for header, value in headers.items():
            connection.putheader(header, value)
        connection.endheaders()
        answer = connection.getresponse()
        return Answered(answer.status, dict(answer.headers), _echoed(answer))


def _echoed(answer: HTTPResponse) -> Mapping[str, str]:
    body = answer.read()
    seen: dict[str, Any] = json.loads(body) if body.startswith(b"{") else {}
    return seen


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if nginx is None:
        pytest.skip("no nginx here: install Debian's package nginx")
    folder = tmp_path_factory.mktemp("proxy")
    a_certificate(folder / "certificate.pem")
    (folder / "login.conf").write_text('proxy_set_header Authorization "Basic cHJveHk=";')
    ports = choose_ports(usual=False)
    with ExitStack() as parts:
        behind = parts.enter_context(ThreadingHTTPServer((HOST, 0), Echo))
        threading.Thread(target=behind.serve_forever, args=(0.01,), daemon=True).start()
        parts.callback(behind.shutdown)
        example = EXAMPLE.read_text()
        for old, new in {
            r"listen 443\b": f"listen {HOST}:{ports.web}",
            r"listen 80\b": f"listen {HOST}:{ports.prefect}",
            r"127\.0\.0\.1:(?:8000|4200|4180);": f"{HOST}:{behind.server_port};",
            r"/etc/ssl/\S+(?:pem|key);": f"{folder}/certificate.pem;",
            r"/etc/nginx/prefect-login\.conf": f"{folder}/login.conf",
        }.items():
            example, count = re.subn(old, new, example)
            assert count, f"the example has no {old}"
        (folder / "example.conf").write_text(example)
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        log = parts.enter_context((folder / "log").open("w"))
        process = subprocess.Popen(ending_with_us(command), stderr=log)
        parts.callback(process.wait)
        parts.callback(process.terminate)
        poll(lambda: process.poll() is not None or _answers(ports.web))
        assert process.poll() is None, (folder / "log").read_text()
        yield Proxy(https=ports.web, http=ports.prefect, certificate=folder / "certificate.pem")


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex((HOST, port)) == 0


def test_what_is_asked_of_our_name_comes_through(proxy: Proxy) -> None:
    answer = proxy.ask("/paketutskick")

    assert (answer.status, answer.seen["host"]) == (200, STAFF)
    assert answer.seen["x-forwarded-proto"] == "https"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-For", HOST),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", None),
        ("X-Forwarded-Host", None),
        ("X-Client-Subject", None),
    ],
)
def test_what_only_the_proxy_may_say_cannot_come_from_outside(
    proxy: Proxy, header: str, value: str | None
) -> None:
    answer = proxy.ask(headers={header: "198.51.100.7"})

    assert answer.seen.get(header.lower()) == value


def test_another_name_is_refused_before_anything_is_asked(proxy: Proxy) -> None:
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        proxy.ask(name="elsewhere.example")
    assert proxy.ask(headers={"Host": "elsewhere.example"}).status == 421


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_nothing_older_than_tls_1_2_is_spoken(proxy: Proxy, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version

    with socket.create_connection((HOST, proxy.https)) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname=STAFF)


def test_a_cipher_that_does_not_check_what_it_decrypts_is_not_spoken(proxy: Proxy) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")

    with socket.create_connection((HOST, proxy.https)) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname=STAFF)


def test_in_clear_a_browser_is_led_away_and_a_system_is_not(proxy: Proxy) -> None:
    page, api = proxy.ask_in_clear("/paketutskick"), proxy.ask_in_clear("/api/paketutskick")

    assert (page.status, page.headers["Location"]) == (301, f"https://{STAFF}/")
    assert api.status == 403


def test_an_address_in_clear_writes_no_header_of_its_own(proxy: Proxy) -> None:
    answer = proxy.ask_in_clear("/x%0d%0aSet-Cookie:%20__Host-utskick=theirs")

    assert answer.status == 301
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["TRACE", "DELETE", "PUT"])
def test_methods_that_nothing_of_ours_has_are_refused(proxy: Proxy, method: str) -> None:
    assert proxy.ask(method=method).status in (403, 405)


def test_no_version_is_shown(proxy: Proxy) -> None:
    assert proxy.ask().headers["Server"] == "nginx"


def test_a_body_may_be_as_large_as_the_largest_page(proxy: Proxy) -> None:
    largest = Limits().request_bytes

    refused = proxy.ask(method="POST", headers={"Content-Length": str(105 * MEGABYTE)})

    assert f"client_max_body_size {largest // MEGABYTE}m;" in EXAMPLE.read_text()
    assert refused.status == 413


def test_a_notice_comes_in_with_a_certificate_alone_and_says_whose(proxy: Proxy) -> None:
    forged = {"X-Client-Subject": "serialNumber=SE5565594230-V", "Content-Length": "0"}

    nobody = proxy.ask(NOTICE, name=NOTICES, method="POST", headers=forged)
    known = proxy.ask(
        NOTICE, name=NOTICES, method="POST", headers=forged, certificate=proxy.certificate
    )

    assert (nobody.status, nobody.seen) == (400, {})
    assert (known.status, known.seen["host"]) == (200, STAFF)
    assert known.seen["x-client-subject"] == "CN=certificate"


def test_notices_have_a_name_of_their_own_and_nothing_else_there(proxy: Proxy) -> None:
    assert proxy.ask(NOTICE, method="POST").status == 404
    for method, path in (("GET", NOTICE), ("POST", "/api/paketutskick")):
        answer = proxy.ask(path, name=NOTICES, method=method, certificate=proxy.certificate)
        assert answer.status in (403, 404)


def test_prefect_learns_who_has_signed_in_from_the_proxy_alone(proxy: Proxy) -> None:
    forged = {"X-Utskick-Operator": "somebody", "Authorization": "Basic Zm9yZ2Vk"}

    inside = proxy.ask(name=OPERATORS, headers={"Cookie": "signed-in", **forged})

    assert inside.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert inside.seen["x-utskick-operator"] == "karin"
    assert inside.seen["authorization"] == "Basic cHJveHk="
    assert "cookie" not in inside.seen


def test_whoever_has_not_signed_in_does_not_reach_prefect(proxy: Proxy) -> None:
    outside = proxy.ask(name=OPERATORS, headers={"X-Utskick-Operator": "somebody"})

    assert (outside.status, outside.seen) == (302, {})
    assert outside.headers["Location"].endswith("/oauth2/start")

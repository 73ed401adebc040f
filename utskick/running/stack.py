"""The whole installation on one machine: Prefect, web, worker, the local 1177 and a mailbox."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from config.settings import RUNNING, Settings
from utskick.adapters.prefect_environment import prefect_environment
from utskick.adapters.prefect_logins import logins_of, make_login_file
from utskick.adapters.yaml_region import read_region
from utskick.domain.units import SYSTEM, Actor, HsaId
from utskick.files import REGION, make_private
from utskick.rivta.contracts import PROCESS_NOTIFICATION
from utskick.running.children import Children
from utskick.running.ports import HOST, Ports
from utskick.store.key_file import make_key_file
from utskick.wiring import Services, services
from utskick.wiring.upkeep import migrate_database

WORK_POOL = "utskick"
_PLATFORM = "SE2321000131-E000000000002"
"""Who sends us notices of answered forms, by the certificate that a proxy would have checked."""
LOGIN_FILE = "prefect-login.json"
_TEST_RESIDENTS = {"SE2321000131-P000000000201": "199001242388"}
"""Whom Karin of the demo region tries dispatches on."""
_PYTHON = (sys.executable, "-P", "-m")
"""Without the current folder: it may hold a `tasks.py` of somebody else's."""


class Announce(Protocol):
    """Shows whoever waits what is being done."""

    def __call__(self, what: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running installation, and where to find its parts."""

    folder: Path
    ports: Ports
    services: Services
    children: Children

    @property
    def login_file(self) -> Path:
        """Where an operator finds what to sign in to Prefect with."""
        return self.services.settings.scheduler.login_file

    @property
    def prefect_url(self) -> str:
        return f"http://{HOST}:{self.ports.prefect}"

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.ports.web}"

    @property
    def local_1177_url(self) -> str:
        return f"http://{HOST}:{self.ports.local_1177}"

    @property
    def mailbox_url(self) -> str:
        return f"http://{HOST}:{self.ports.mailbox}"


def environment_of(folder: Path, ports: Ports) -> dict[str, str]:
    """The settings of every process of the installation. What is set outside stays as it is."""
    local_1177 = f"http://{HOST}:{ports.local_1177}"
    ours = {
        "UTSKICK_DATABASE__URL": f"sqlite:///{folder / 'utskick.db'}",
        "UTSKICK_DATABASE__KEY_FILE": str(folder / "keys.json"),
        "UTSKICK_LOG__HEADS": str(folder / "log-heads"),
        "UTSKICK_FORMS__URL": local_1177,
        "UTSKICK_INBOX__URL": local_1177,
        "UTSKICK_PERSONS__URL": local_1177,
        "UTSKICK_RESIDENTS__URL": local_1177,
        "UTSKICK_SMTP__PORT": str(ports.smtp),
        "UTSKICK_SMTP__SECURITY": "none",
        "UTSKICK_SCHEDULER__API_URL": f"http://{HOST}:{ports.prefect}/api",
        "UTSKICK_SCHEDULER__WORK_POOL": WORK_POOL,
        "UTSKICK_SCHEDULER__LOGIN_FILE": str(folder / LOGIN_FILE),
        "UTSKICK_WEB__PORT": str(ports.web),
        "UTSKICK_WEB__PUBLIC_URL": f"http://{HOST}:{ports.web}",
        "UTSKICK_WEB__TRUSTED_PROXIES": json.dumps([HOST]),
        "UTSKICK_NOTICES__CALLERS": json.dumps([_PLATFORM]),
        "UTSKICK_TRIAL__RESIDENTS": json.dumps(_TEST_RESIDENTS),
        "UTSKICK_SIGN_IN__ISSUER": f"{local_1177}/oidc",
    }
    return {name: os.environ.get(name, value) for name, value in ours.items()}


def _environment_of_prefect(folder: Path, ports: Ports) -> dict[str, str]:
    """With the login, which the settings or the installation's file must hold by now."""
    return prefect_environment(
        home=folder / "prefect",
        api_url=f"http://{HOST}:{ports.prefect}/api",
        login=logins_of(Settings().scheduler).processes,
    )


@contextmanager
def running_stack(folder: Path, ports: Ports, announce: Announce) -> Iterator[Stack]:
    """Start everything, wait until it is healthy, and stop it at the end."""
    make_private(folder)
    environment = environment_of(folder, ports)
    os.environ.update(environment)
    make_key_file(Path(environment["UTSKICK_DATABASE__KEY_FILE"]))
    make_login_file(Path(environment["UTSKICK_SCHEDULER__LOGIN_FILE"]))
    environment |= _environment_of_prefect(folder, ports)
    os.environ.update(environment)
    with Children(logs=folder / "logs", environment=environment) as children:
        announce("Prefect, local 1177, mailbox")
        _start_neighbours(children, folder, ports)
        announce("Database and demo region")
        migrate_database(Settings().database)
        wired = services()
        _load_region_once(wired)
        stack = Stack(folder=folder, ports=ports, services=wired, children=children)
        children.wait_healthy("local-1177", f"{stack.local_1177_url}/health")
        children.wait_healthy("mailbox", f"{stack.mailbox_url}/health")
        children.wait_healthy("prefect", f"{stack.prefect_url}/api/health")
        announce("Deployments, worker, web")
        children.run_to_end("deploy", [*_PYTHON, "flows.deploy"])
        start_worker(children)
        children.start("web", [*_PYTHON, "utskick.web"])
        children.wait_healthy("web", f"{stack.web_url}/health")
        yield stack


def _load_region_once(wired: Services) -> None:
    """What the administration has changed since, on its pages, is not taken back."""
    with wired.store.transaction() as records:
        if records.units.all():
            return
    region = read_region(
        wired.settings.region,
        texts=wired.texts,
        forms_desk=wired.rules.forms_desk,
    )
    administration = HsaId(wired.settings.source_system_hsa_id)
    wired.load_region(region, actor=Actor(SYSTEM, administration), now=wired.clock.now())


@contextmanager
def findable(stack: Stack) -> Iterator[None]:
    """Let every later `utskick` find this installation, by its settings, while it runs."""
    ours = environment_of(stack.folder, stack.ports)
    lines = [f"{name}={value}\n" for name, value in ours.items()]
    RUNNING.parent.mkdir(parents=True, exist_ok=True)
    RUNNING.write_text("".join(lines))
    try:
        yield
    finally:
        RUNNING.unlink(missing_ok=True)


def _start_neighbours(children: Children, folder: Path, ports: Ports) -> None:
    children.start(
        "local-1177",
        [
            *(*_PYTHON, "utskick.local_1177", "--port", str(ports.local_1177)),
            *("--state", str(folder / "local-1177.db"), "--region", str(REGION)),
            *_notices_to_us(ports),
        ],
    )
    children.start(
        "mailbox",
        [
            *(*_PYTHON, "utskick.local_1177.mailbox", "--smtp-port", str(ports.smtp)),
            *("--http-port", str(ports.mailbox), "--folder", str(folder / "mails")),
        ],
    )
    start_prefect(children, ports)


def _notices_to_us(ports: Ports) -> tuple[str, ...]:
    """How the local form engine notifies us, as through a proxy of ours."""
    settings = Settings()
    subject = f"serialNumber={_PLATFORM},CN=Lokala 1177"
    return (
        *("--notices-to", f"http://{HOST}:{ports.web}{PROCESS_NOTIFICATION.path}"),
        *("--notices-address", settings.source_system_hsa_id),
        *("--notices-header", f"{settings.notices.caller_header}:{subject}"),
    )


def start_prefect(children: Children, ports: Ports) -> None:
    """Start Prefect's server, with its page."""
    children.start(
        "prefect",
        [
            *(*_PYTHON, "utskick.worker.prefect_server"),
            *("--host", HOST, "--port", str(ports.prefect)),
        ],
    )


def start_worker(children: Children) -> None:
    """Start the worker that runs the flows."""
    children.start(
        "worker", [*_PYTHON, "utskick.worker", "--pool", WORK_POOL, "--name", "utskick"]
    )

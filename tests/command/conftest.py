"""An installation in a temporary folder: the demo region, a local 1177, and no scheduler."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from tests.local_1177.conftest import served
from tests.vault import a_vault
from tests.whole.sinks import demo_numbers
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.yaml_region import read_region
from utskick.command import app
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.dispatches import Dispatch, DispatchId
from utskick.domain.occasions import Occasion, RunToken
from utskick.files import REGION
from utskick.local_1177.app import create_app
from utskick.store import SqlStore
from utskick.store.engine import open_engine
from utskick.store.key_file import make_key_file
from utskick.wiring import Services, services

UNIT = "SE2321000131-E000000000101"
NUMBERS = demo_numbers()


@dataclass
class Installation:
    """`run` is a command in a process of its own, as far as that can be had without one."""

    folder: Path

    def run(self, *arguments: str, typed: str = "") -> Result:
        """Whatever is done, nobody's personnummer is printed."""
        services.cache_clear()
        result = CliRunner().invoke(app, arguments, input=typed)
        printed = result.output.replace("-", "")
        assert not any(number in printed for number in NUMBERS)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    def spec(self, **changes: Any) -> str:
        """A file with the psychiatric package for two persons tomorrow, but for the changes."""
        tomorrow = datetime.now(STOCKHOLM) + timedelta(days=1)
        content = {
            "unit": UNIT,
            "package": "vuxenpsykiatri-infor-besok",
            "start": {"date": f"{tomorrow:%Y-%m-%d}", "time": "10:00"},
            "recipients": ["199102042398", "19930828-2384"],
        }
        return self.write(json.dumps(content | changes))

    def form_spec(self, **changes: Any) -> str:
        """A file with one form for one person."""
        content = {"unit": UNIT, "form": "phq-9", "recipients": ["199102042398"]}
        return self.write(json.dumps(content | changes))

    def write(self, content: str | bytes, name: str = "") -> str:
        path = self.folder / (name or f"{uuid4()}.yaml")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def started(self, **changes: Any) -> str:
        """The id of a dispatch that was started."""
        result = self.run("submit", self.spec(**changes), "--json")
        assert result.exit_code == 0, result.output
        return str(json.loads(result.stdout)["id"])

    def dispatch(self, dispatch_id: str) -> Dispatch:
        with self.services.store.transaction() as records:
            return records.dispatches.get(DispatchId(UUID(dispatch_id)))

    def send(self, occasion: Occasion) -> None:
        """Run the occasion, as the scheduler would have done."""
        asyncio.run(self.services.occasion_run(occasion.id, RunToken(uuid4())).run())

    @property
    def services(self) -> Services:
        services.cache_clear()
        return services()


@pytest.fixture(scope="session")
def local_1177(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    folder = tmp_path_factory.mktemp("local_1177")
    with served(create_app(folder / "state.db", REGION)) as url:
        yield url


@pytest.fixture(scope="session")
def loaded(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo region."""
    path = tmp_path_factory.mktemp("loaded") / "loaded.db"
    shutil.copy(migrated, path)
    region = read_region(REGION, texts=JinjaTexts())
    engine = open_engine(f"sqlite:///{path}")
    # Nothing of it is sealed: each installation has keys of its own.
    with SqlStore(engine, a_vault()).transaction() as records:
        records.units.save(region.units)
        records.forms.save(region.forms)
        for unit_id, template_id in region.subscriptions:
            records.forms.subscribe(unit_id, template_id, subscribed=True)
        for package in region.packages:
            records.packages.save(package)
    # Until it is closed, what was written lies in a file beside it.
    engine.dispose()
    return path


@pytest.fixture
def installation(
    loaded: Path, local_1177: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    shutil.copy(loaded, tmp_path / "utskick.db")
    make_key_file(tmp_path / "keys.json")
    for name, value in {
        "DATABASE__URL": f"sqlite:///{tmp_path}/utskick.db",
        "DATABASE__KEY_FILE": f"{tmp_path}/keys.json",
        "LOG__HEADS": f"{tmp_path}/log-heads",
        "FORMS__URL": local_1177,
        "INBOX__URL": local_1177,
        "PERSONS__URL": local_1177,
        "RESIDENTS__URL": "https://formular.example",
        "SMTP__PORT": "9",
        "SMTP__SECURITY": "none",
        "SCHEDULER__API_URL": "http://127.0.0.1:9/api",
        "SCHEDULER__LOGIN_FILE": f"{tmp_path}/prefect-login.json",
        "UNIT": UNIT,
    }.items():
        monkeypatch.setenv(f"UTSKICK_{name}", value)
    # Tables for people are as wide as their terminal.
    monkeypatch.setenv("COLUMNS", "400")
    yield Installation(tmp_path)
    services.cache_clear()

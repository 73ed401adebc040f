"""Keys are changed in the middle of a send, and whoever changes them is killed twice."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from tests.clinic import Clinic, a_clinic
from tests.people import ANNA, BO
from tests.store.test_rotate_keys import Installation
from utskick.adapters.in_memory import InMemoryFormService
from utskick.domain.deliveries import FormId
from utskick.ports import FormOrder
from utskick.sending.close_occasion import Closed
from utskick.store.key_file import make_key_file, read_key_file


class WatchedFormService(InMemoryFormService):
    """Something happens while the nth form is being made; the others go on."""

    def befalls(self, *, nth: dict[int, Callable[[], None]]) -> None:
        self.calls = 0
        self.nth = nth
        self.one_after_the_other = asyncio.Lock()

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        self.calls += 1
        if happens := self.nth.get(self.calls):
            async with self.one_after_the_other:
                await asyncio.to_thread(happens)
        return await super().create_form(order, may_leave=may_leave)


def watching(clinic: Clinic) -> WatchedFormService:
    clinic.forms = WatchedFormService(clock=clinic.clock, templates=clinic.forms.templates)
    return clinic.forms


class Rotating:
    """A change of keys in a process of its own, which is ready and waits until it is wanted."""

    def __init__(self, installation: Installation, stage: str = "") -> None:
        url = installation.engine.url.render_as_string(hide_password=False)
        self.stage = stage
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.store.rotating"),
                *(url, str(installation.key_file), stage),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def says(self, line: str) -> bool:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip() == line

    def is_killed(self) -> None:
        """At its stage."""
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
            assert self.says(self.stage)
            self.process.kill()

    def ends(self) -> None:
        self.process.communicate("go\n")
        assert self.process.returncode == 0


async def test_a_change_of_keys_killed_twice_in_the_middle_of_a_send_loses_nothing(
    postgresql_engine: Engine, tmp_path: Path
) -> None:
    make_key_file(tmp_path / "keys.json")
    installation = Installation(postgresql_engine, tmp_path / "keys.json")
    first, second = (Rotating(installation, each) for each in ("sealing person", "keys retired"))
    third = Rotating(installation)
    assert all(each.says("ready") for each in (first, second, third))
    store = installation.process()
    clinic = a_clinic(store, lease_s=60)
    forms = watching(clinic)
    forms.befalls(nth={2: first.is_killed, 4: second.is_killed, 6: third.ends})
    started = await clinic.start()
    closed = await clinic.run(started.dispatch.occasions[0])

    assert isinstance(closed, Closed)
    each = Counter((kept.order.personnummer, kept.order.template_id) for kept in forms.forms)
    assert len(each) == 8
    assert set(each.values()) == {1}
    assert len(clinic.inbox.messages) == 2
    assert installation.sealed_with() == {"2"}
    assert set(read_key_file(installation.key_file).keys) == {"2"}
    with installation.process().transaction() as records:
        recipients = records.dispatches.recipients(started.dispatch.id)
        assert {each.personnummer for each in recipients} == {ANNA, BO}

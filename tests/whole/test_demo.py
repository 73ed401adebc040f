"""The demo, as a newcomer runs it who has installed the wheel, and what it leaves behind."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import pytest

from tests.whole.sinks import demo_numbers, leaks, spellings
from tests.whole.wheel import files_to_ship, site_packages, without_the_checkout
from utskick.files import OTHERS
from utskick.running.children import ending_with_us

_LONGEST_S = 900
"""Far more than it takes."""
_ADDRESS = re.compile(r"│ (\w+).*│ (http\S+)")


@dataclass(frozen=True, slots=True)
class Demo:
    """What it has left and said, and how pages looked while it ran."""

    folder: Path
    returncode: int
    said: str
    pages: dict[str, httpx.Response]


@pytest.fixture(scope="module")
def demo(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Started in the folder of another program, whose modules have the names of ours."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("config", "flows", "tasks", "utskick"):
        (elsewhere / f"{name}.py").write_text("raise RuntimeError('not the installed one')")
    with subprocess.Popen(
        ending_with_us([str(installed / "utskick"), "demo", "--folder", "kept"]),
        cwd=elsewhere,
        # Wide, so that no cell of the table is wrapped.
        env=without_the_checkout() | {"COLUMNS": "250", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        said = "".join(_until_addresses(running.stdout))
        assert "Data and logs" in said, said
        with httpx.Client(timeout=_LONGEST_S) as reader:
            pages = _opened(reader, dict(_ADDRESS.findall(said)))
        rest, _ = running.communicate(timeout=_LONGEST_S)
    return Demo(elsewhere / "kept", running.returncode, said + rest, pages)


def _until_addresses(output: IO[str]) -> Iterator[str]:
    for line in output:
        yield line
        if "Data and logs" in line:
            return


def _opened(reader: httpx.Client, addresses: dict[str, str]) -> dict[str, httpx.Response]:
    """A page of each face, with its style sheet."""
    staff, residents = addresses["Staff"], addresses["Residents"]
    found = {"staff": reader.get(staff, follow_redirects=True), "residents": reader.get(residents)}
    for name, url in (("staff", staff), ("residents", residents)):
        sheet = re.search(r'href="(/[^"]+\.css[^"]*)"', found[name].text)
        assert sheet, found[name].text
        found[f"{name}, style"] = reader.get(url + sheet[1])
    return found | {
        "script": reader.get(f"{staff}/static/utskick.js"),
        "mailbox": reader.get(addresses["Mailbox"]),
        "REST": reader.get(addresses["REST"]),
    }


def test_the_demo_delivers_the_package_and_says_so(demo: Demo) -> None:
    assert demo.returncode == 0, demo.said
    assert "PHQ-9" in demo.said
    assert "Kan inte nås: 5" in demo.said
    assert "gemensamma mallar som saknar prenumeration" in " ".join(demo.said.split())


def test_its_pages_can_be_opened_while_it_runs(demo: Demo) -> None:
    answers = {name: answer.status_code for name, answer in demo.pages.items()}

    assert answers == dict.fromkeys(answers, 200)
    assert "Logga in" in demo.pages["staff"].text


def test_it_keeps_everything_where_it_was_started_and_nothing_where_it_is_installed(
    demo: Demo, installed: Path
) -> None:
    kept = {path.name for path in demo.folder.iterdir()}
    assert {
        "utskick.db",
        "keys.json",
        "prefect-login.json",
        "logs",
        "mails",
        "prefect",
        "local-1177.db",
    } <= kept

    ours = site_packages(installed.parent)
    written = {str(path.relative_to(ours)) for path in ours.rglob("*") if path.is_file()}
    shipped = files_to_ship() | {"dependencies.pth"}
    assert {name for name in written - shipped if not _is_made_by_pip(name)} == set()


def test_what_it_keeps_nobody_else_can_read(demo: Demo) -> None:
    kept = [demo.folder, *demo.folder.rglob("*")]

    open_to_others = [str(path) for path in kept if path.stat().st_mode & OTHERS]
    assert open_to_others == []


def _is_made_by_pip(name: str) -> bool:
    return name.endswith(".pyc") or ".dist-info/" in name


def test_no_personnummer_of_the_demo_is_in_prefects_data_the_logs_or_the_mails(
    demo: Demo,
) -> None:
    folder = demo.folder
    words = [word for number in demo_numbers() for word in spellings(number)]

    assert leaks([folder / "prefect", folder / "logs", folder / "mails"], words) == []
    ours = [path for path in folder.glob("utskick.db*") if path.stat().st_size]
    assert not any(leak.startswith(str(path)) for path in ours for leak in leaks([folder], words))


def test_the_search_finds_a_personnummer_where_there_is_one(
    demo: Demo,
) -> None:
    folder = demo.folder
    words = [word for number in demo_numbers() for word in spellings(number)]

    assert leaks([folder], words) == [str(folder / "local-1177.db")]


def test_no_message_text_is_in_prefects_data_the_logs_or_the_mails(
    demo: Demo,
) -> None:
    folder = demo.folder
    words = ["ber vi dig att svara", "Du har snart ett besök"]

    assert leaks([folder / "prefect", folder / "logs", folder / "mails"], words) == []

"""The demo, as a newcomer runs it, and what it leaves behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.whole.sinks import demo_numbers, leaks, spellings


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-c", "from utskick.command import main; main()", "demo"]
    ended = subprocess.run(
        [*command, "--folder", str(folder)],
        # Wide, so that no cell of the table is wrapped.
        env=os.environ | {"COLUMNS": "250"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    return folder, ended


def test_the_demo_delivers_the_package_and_says_so(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _, ended = demo

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "PHQ-9" in ended.stdout
    assert "Skyddad identitet: 2" in ended.stdout
    assert "gemensamma mallar som saknar prenumeration" in " ".join(ended.stdout.split())


def test_no_personnummer_of_the_demo_is_in_prefects_data_the_logs_or_the_mails(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = demo
    words = [word for number in demo_numbers() for word in spellings(number)]

    assert leaks([folder / "prefect", folder / "logs", folder / "mails"], words) == []
    ours = [path for path in folder.glob("utskick.db*") if path.stat().st_size]
    assert not any(leak.startswith(str(path)) for path in ours for leak in leaks([folder], words))


def test_the_search_finds_a_personnummer_where_there_is_one(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = demo
    words = [word for number in demo_numbers() for word in spellings(number)]

    assert leaks([folder], words) == [str(folder / "local-1177.db")]


def test_no_message_text_is_in_prefects_data_the_logs_or_the_mails(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = demo
    words = ["ber vi dig att svara", "Du har snart ett besök"]

    assert leaks([folder / "prefect", folder / "logs", folder / "mails"], words) == []

"""What is shipped, and that it stands on its own. That it runs is in `test_demo`."""

import json
import subprocess
from pathlib import Path
from zipfile import ZipFile

from tests.whole.wheel import files_to_ship, without_the_checkout

_WHERE = """
import json, sys
from importlib.util import find_spec
from config import settings
from utskick import files

code = [find_spec(name).origin for name in ("flows.deploy", "tasks.runs", "utskick.web")]
files = [settings.__file__, files.TEMPLATES, files.REGION, files.EXAMPLE_ENV, files.PREFECT_YAML]
print(json.dumps([sys.path, code + files, [settings.DATA, settings.RUNNING]], default=str))
"""


def test_the_wheel_holds_every_file_of_its_folders_and_no_other(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()

    assert {name for name in names if ".dist-info/" not in name} == files_to_ship()


def test_installed_it_finds_its_files_where_it_is_and_writes_where_it_was_started(
    installed: Path, tmp_path: Path
) -> None:
    path, files, written = where(installed, tmp_path)

    assert str(Path(__file__).parents[2]) not in path
    assert all(file.startswith(str(installed.parent)) and Path(file).exists() for file in files)
    assert written == [str(tmp_path / "var"), str(tmp_path / "var" / "running.env")]


def where(installed: Path, folder: Path) -> list[list[str]]:
    """The installed program's search path, its files, and what it would write."""
    command = [str(installed / "python"), "-P", "-c", _WHERE]
    printed = subprocess.check_output(command, cwd=folder, env=without_the_checkout())
    found: list[list[str]] = json.loads(printed)
    return found

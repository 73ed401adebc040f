"""Where an installation is: its settings, its data, and how it is found while it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_WHERE = "from config.settings import *; print(DATA, Settings().forms_desk, end='')"


@pytest.mark.parametrize("named", [True, False], ids=["named", "current"])
def test_data_and_settings_are_in_the_current_folder_or_in_the_one_that_is_named(
    tmp_path: Path, *, named: bool
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / ".env").write_text("UTSKICK_FORMS_DESK=desk@region.se")
    folder = {"UTSKICK_FOLDER": str(tmp_path)} if named else {}

    printed = subprocess.check_output(
        [sys.executable, "-P", "-c", _WHERE],
        cwd="/" if named else tmp_path,
        env=os.environ | folder,
        text=True,
    )

    assert printed == f"{tmp_path / 'var'} desk@region.se"

"""The wheel, built from the checkout and installed where nothing else of it can be found."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from fnmatch import fnmatch
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2]
_SHIPPED = ("config", "flows", "tasks", "templates", "utskick")
_BESIDE = ("LICENSE", "README.md", "prefect.yaml", "pyproject.toml")
_NOT_SHIPPED = ("__pycache__", ".*")
_BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
"""What pip would ask of `pyproject.toml`'s build backend, without pip's own seconds."""


def files_to_ship() -> set[str]:
    """All that the five folders hold, as the wheel should name it."""
    found = (path for name in _SHIPPED for path in (_CHECKOUT / name).rglob("*"))
    names = (path.relative_to(_CHECKOUT) for path in found if path.is_file())
    return {str(name) for name in names if not any(map(_is_left_out, name.parts))}


def _is_left_out(part: str) -> bool:
    return any(fnmatch(part, pattern) for pattern in _NOT_SHIPPED)


def build(folder: Path) -> Path:
    """Of a copy: what earlier builds have left in the checkout would be shipped too."""
    copy = folder / "source"
    for name in _SHIPPED:
        without = shutil.ignore_patterns(*_NOT_SHIPPED)
        shutil.copytree(_CHECKOUT / name, copy / name, symlinks=True, ignore=without)
    for name in _BESIDE:
        shutil.copy(_CHECKOUT / name, copy)
    _run(sys.executable, "-c", _BUILD, str(folder), cwd=copy)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """The folder of its commands. Dependencies are those of the environment that runs the tests.

    They are found by a path alone: its `.pth` files, of which one leads to the checkout, are read
    only where they lie.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    dependencies = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    (site_packages(folder) / "dependencies.pth").write_text("\n".join(dependencies))
    return python.parent


def without_the_checkout() -> dict[str, str]:
    """This environment, as it would be if nothing led to the checkout or to a running system."""
    ours = ("PYTHONPATH", "UTSKICK_", "PREFECT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def site_packages(folder: Path) -> Path:
    (found,) = folder.glob("lib/python*/site-packages")
    return found


def _run(*command: str, cwd: Path | None = None) -> None:
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr

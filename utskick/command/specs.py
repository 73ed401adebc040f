"""Spec files: YAML or JSON as staff write them, with their recipients in the file or beside it."""

from pathlib import Path
from typing import Any, TypeVar

from utskick.adapters.yaml_files import read_file
from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.limits import SPEC_BYTES
from utskick.domain.recipients import decode
from utskick.domain.specs import DispatchSpec, FormSpec, Sending

Model = TypeVar("Model", bound=Sending)

_NO_FILE = Problem(
    "recipients_file",
    "filen med mottagare går inte att läsa.",
    "Kontrollera namnet; det räknas från mappen där utskicksfilen ligger.",
)


class DispatchFile(DispatchSpec):
    """A `DispatchSpec` that may refer to a text file with its recipients."""

    recipients_file: str | None = None


class FormFile(FormSpec):
    """A `FormSpec` that may refer to a text file with its recipients."""

    recipients_file: str | None = None


def read_dispatch(path: Path) -> DispatchSpec:
    """Raises `SpecRefused`, or what is wrong with the recipients' file."""
    return _whole(read_file(path, DispatchFile), path, DispatchSpec)


def read_form(path: Path) -> FormSpec:
    """Raises as `read_dispatch`."""
    return _whole(read_file(path, FormFile), path, FormSpec)


def _whole(read: DispatchFile | FormFile, path: Path, model: type[Model]) -> Model:
    fields: dict[str, Any] = read.model_dump(exclude={"recipients_file"})
    if read.recipients_file:
        try:
            raw = (path.parent / read.recipients_file).read_bytes()
        except OSError:
            raise SpecRefused([_NO_FILE]) from None
        text = decode(raw, max_bytes=SPEC_BYTES)
        fields["recipients"] = [*read.recipients, *rows_of(text)]
    return model.model_validate(fields)


def rows_of(text: str) -> list[str]:
    """The rows of a recipient file; each keeps its number, also after an empty one."""
    return text.splitlines()

"""Spec files: YAML or JSON as staff write them, with their recipients in the file or beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field

from utskick.adapters.yaml_files import read_file
from utskick.domain.errors import Problem, SpecRefused, UtskickError
from utskick.domain.recipients import FileTooLarge
from utskick.domain.rules import Rules
from utskick.domain.seen_sheets import FoundList, ListQuestion, Wish
from utskick.domain.specs import DispatchSpec, FormSpec, Sending
from utskick.use_cases.import_recipients import ImportRecipients, listed_recipients

Model = TypeVar("Model", bound=Sending)

_FIELD = "recipients_file"
_NO_FILE = Problem(
    _FIELD,
    "filen med mottagare går inte att läsa.",
    "Kontrollera namnet; det räknas från mappen där utskicksfilen ligger.",
)
_CHOOSE_SHEET = "Ange bladets namn i recipients_sheet: {sheets}."
_LEAVE_OUT = (
    "Visa det som ska vara med och spara filen, eller ange recipients_hidden: leave_out, så tas"
    " bara det som syns och inte är överstruket."
)


class ListFile(Sending):
    """May refer to a file with its recipients: text, CSV or Excel, as the page imports them."""

    recipients_file: str | None = Field(
        default=None, description="Fil med mottagare: text, CSV eller Excel (.xlsx)"
    )
    recipients_sheet: str | None = Field(
        default=None, description="Vilket av filens blad, om flera har personnummer"
    )
    recipients_hidden: Literal["leave_out"] | None = Field(
        default=None,
        description="leave_out: det som inte syns, och överstrukna rader, tas inte med",
    )


class DispatchFile(ListFile, DispatchSpec):
    """A `DispatchSpec` that may refer to a file with its recipients."""


class FormFile(ListFile, FormSpec):
    """A `FormSpec` that may refer to a file with its recipients."""


@dataclass(frozen=True, slots=True)
class Handed(Generic[Model]):
    """A spec with all its recipients; `notes` is what staff should know of their file."""

    spec: Model
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpecFiles:
    """Reads spec files, and the lists that lie beside them."""

    import_recipients: ImportRecipients
    rules: Rules

    def read_dispatch(self, path: Path) -> Handed[DispatchSpec]:
        """Raises `SpecRefused`, or what is wrong with the recipients' file."""
        return self._whole(read_file(path, DispatchFile), path, DispatchSpec)

    def read_form(self, path: Path) -> Handed[FormSpec]:
        """Raises as `read_dispatch`."""
        return self._whole(read_file(path, FormFile), path, FormSpec)

    def _whole(self, read: ListFile, path: Path, model: type[Model]) -> Handed[Model]:
        fields: dict[str, Any] = read.model_dump(
            exclude=set(ListFile.__annotations__), exclude_unset=True
        )
        if not read.recipients_file:
            return Handed(model.model_validate(fields))
        found = self._found(read, path.parent / read.recipients_file)
        fields["listed_recipients"] = [*read.listed_recipients, *listed_recipients(found)]
        return Handed(model.model_validate(fields), found.said)

    def _found(self, read: ListFile, file: Path) -> FoundList:
        wish = Wish(read.recipients_sheet or "", leave_out_hidden=bool(read.recipients_hidden))
        try:
            return self.import_recipients.read_list(_content(file, self.rules), wish=wish)
        except ListQuestion as asked:
            remedy = _CHOOSE_SHEET.format(sheets=" eller ".join(asked.sheets))
            raise SpecRefused(
                [Problem(_FIELD, asked.staff_message, remedy if asked.sheets else _LEAVE_OUT)]
            ) from None
        except UtskickError as error:
            raise SpecRefused([Problem(_FIELD, error.staff_message, "")]) from None


def _content(file: Path, rules: Rules) -> bytes:
    try:
        if file.stat().st_size > rules.limits.file_bytes:
            raise FileTooLarge(allowed=rules.limits.file_bytes)
        return file.read_bytes()
    except OSError:
        raise SpecRefused([_NO_FILE]) from None

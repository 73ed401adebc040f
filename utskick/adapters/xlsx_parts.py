"""The parts of an Excel file (.xlsx), ordinary or Strict, read without growing beyond measure."""

import posixpath
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from xml.parsers import expat

from utskick.domain.limits import DEEPEST_ELEMENT, MOST_ELEMENTS, MOST_PARTS, UNPACKED_BYTES
from utskick.domain.recipients import UnreadableFile, WorkbookTooLarge

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_BETWEEN = " "
Attributes = Mapping[str, str]
Start = Callable[[Attributes], None]
End = Callable[[str], None]
"""Gets the text within the element."""
Handler = TypeVar("Handler")


@dataclass(frozen=True, slots=True)
class Relation:
    kind: str
    part: str


class Package:
    """Its parts by their names.

    Raises `WorkbookTooLarge` if there are too many, and before too much of them is unpacked.
    """

    def __init__(self, archive: zipfile.ZipFile, *, unpacked: int = UNPACKED_BYTES) -> None:
        if len(archive.filelist) > MOST_PARTS:
            raise WorkbookTooLarge
        self._archive = archive
        self._names = {name.casefold(): name for name in archive.namelist()}
        self._left = unpacked
        self._elements_left = MOST_ELEMENTS

    def has(self, part: str) -> bool:
        return part.casefold() in self._names

    def read(self, part: str, *, starts: Mapping[str, Start], ends: Mapping[str, End]) -> None:
        """Call what is named for each element of spreadsheets, whichever of the two dialects."""
        self._parse(part, _named(starts), _named(ends))

    def relations(self, part: str) -> dict[str, Relation]:
        """Other parts that this one refers to, by their ids. None if it refers to nothing."""
        folder, name = posixpath.split(part)
        described = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, Relation] = {}

        def note(attributes: Attributes) -> None:
            if attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"]))
                kind = attributes["Type"].rpartition("/")[2]
                found[attributes["Id"]] = Relation(kind, target.lstrip("/"))

        if self.has(described):
            namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
            self._parse(described, {f"{namespace}{_BETWEEN}Relationship": note}, {})
        return found

    def _parse(self, part: str, starts: Mapping[str, Start], ends: Mapping[str, End]) -> None:
        known = self._archive.getinfo(self._names[part.casefold()])
        self._left -= known.file_size
        if self._left < 0:
            raise WorkbookTooLarge
        parser = expat.ParserCreate(namespace_separator=_BETWEEN)
        parser.buffer_text = True
        texts: list[str] = []
        depth = 0

        def begin(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            self._elements_left -= 1
            if self._elements_left < 0 or depth > DEEPEST_ELEMENT:
                raise WorkbookTooLarge
            if name in ends:
                texts.clear()
            if handler := starts.get(name):
                handler(attributes)

        def finish(name: str) -> None:
            nonlocal depth
            depth -= 1
            if handler := ends.get(name):
                handler("".join(texts))
                texts.clear()

        parser.StartElementHandler = begin
        parser.EndElementHandler = finish
        parser.CharacterDataHandler = texts.append
        parser.StartDoctypeDeclHandler = _refuse
        with self._archive.open(known) as file:
            parser.ParseFile(file)


def ids_of(attributes: Attributes) -> Iterator[str]:
    """The relation that an element names, in either dialect."""
    return (value for name, value in attributes.items() if name.endswith(f"{_BETWEEN}id"))


def is_on(attributes: Attributes, name: str, *, default: str = "0") -> bool:
    """Whether a flag is set, in any of the ways in which it may be written."""
    return attributes.get(name, default).strip() in ("1", "true", "on")


def _named(handlers: Mapping[str, Handler]) -> dict[str, Handler]:
    return {
        f"{namespace}{_BETWEEN}{name}": handler
        for namespace in _NAMESPACES
        for name, handler in handlers.items()
    }


def _refuse(*_declared: Any) -> None:
    """No spreadsheet declares entities; whoever does wants them expanded."""
    raise UnreadableFile

"""What the cells of a workbook may refer to: its shared texts, and how styles show a cell."""

import re
from dataclasses import dataclass, field

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from utskick.adapters.xlsx_parts import Attributes, Package, is_on
from utskick.domain.recipients import WorkbookTooLarge
from utskick.domain.sheets import Unseen

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SHOWS_NOTHING = ";;;"


@dataclass(slots=True)
class RichText:
    """One text that may be made up of runs, some of them struck through."""

    text: str = ""
    struck: bool = False
    _run_struck: bool = False
    _spoken: bool = False

    def begin_run(self, _attributes: Attributes) -> None:
        self._run_struck = False

    def strike(self, attributes: Attributes) -> None:
        self._run_struck = is_on(attributes, "val", default="1")

    def begin_spoken(self, _attributes: Attributes) -> None:
        """How the text is read aloud in Japanese, which is no part of it."""
        self._spoken = True

    def end_spoken(self, _text: str) -> None:
        self._spoken = False

    def add(self, text: str) -> None:
        if self._spoken:
            return
        self.text += unescaped(text)
        self.struck |= self._run_struck and bool(text.strip())


@dataclass(frozen=True, slots=True)
class Style:
    is_date: bool = False
    unseen: Unseen | None = None


@dataclass(slots=True)
class Styles:
    """Colours, borders and whatever else there is are passed over, however odd they are."""

    cells: list[Style] = field(default_factory=list)
    _formats: dict[str, str] = field(default_factory=dict)
    _struck_fonts: list[bool] = field(default_factory=list)
    _in_fonts: bool = False
    _in_cells: bool = False

    @classmethod
    def read(cls, package: Package, part: str) -> "Styles":
        styles = cls()
        package.read(
            part,
            starts={
                "numFmt": styles._add_format,
                "fonts": lambda _: styles._enter(fonts=True),
                "font": styles._add_font,
                "strike": styles._strike,
                "cellXfs": lambda _: styles._enter(cells=True),
                "xf": styles._add_cell,
            },
            ends={
                "fonts": lambda _: styles._enter(),
                "cellXfs": lambda _: styles._enter(),
            },
        )
        return styles

    def of(self, number: str | None) -> Style:
        """What a cell's style amounts to; an unknown one to nothing."""
        index = int(number) if number and number.isdecimal() else 0
        return self.cells[index] if index < len(self.cells) else Style()

    def _enter(self, *, fonts: bool = False, cells: bool = False) -> None:
        self._in_fonts, self._in_cells = fonts, cells

    def _add_format(self, attributes: Attributes) -> None:
        self._formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")

    def _add_font(self, _attributes: Attributes) -> None:
        if self._in_fonts:
            self._struck_fonts.append(False)

    def _strike(self, attributes: Attributes) -> None:
        if self._in_fonts and self._struck_fonts:
            self._struck_fonts[-1] = is_on(attributes, "val", default="1")

    def _add_cell(self, attributes: Attributes) -> None:
        if not self._in_cells:
            return
        font, number = attributes.get("fontId", "0"), attributes.get("numFmtId", "0")
        built_in = BUILTIN_FORMATS.get(int(number), "") if number.isdecimal() else ""
        shown = self._formats.get(number, built_in)
        struck = font.isdecimal() and any(self._struck_fonts[int(font) : int(font) + 1])
        unseen = Unseen.HIDDEN if shown == _SHOWS_NOTHING else None
        self.cells.append(
            Style(is_date=bool(is_date_format(shown)), unseen=Unseen.STRUCK if struck else unseen)
        )


def shared_texts(package: Package, part: str, *, most: int) -> list[RichText]:
    """The texts that cells name by their number. Raises `WorkbookTooLarge` above `most`."""
    found: list[RichText] = []

    def begin(_attributes: Attributes) -> None:
        if len(found) >= most:
            raise WorkbookTooLarge
        found.append(RichText())

    def now() -> RichText:
        return found[-1]

    package.read(
        part,
        starts={
            "si": begin,
            "r": lambda attributes: now().begin_run(attributes),
            "strike": lambda attributes: now().strike(attributes),
            "rPh": lambda attributes: now().begin_spoken(attributes),
        },
        ends={
            "t": lambda text: now().add(text),
            "rPh": lambda text: now().end_spoken(text),
        },
    )
    return found


def unescaped(text: str) -> str:
    """With the characters that XML has no room for, as Excel writes them: _x000D_."""
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) if "_x" in text else text

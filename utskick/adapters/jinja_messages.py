"""Messages that staff write, as Jinja templates that can do next to nothing.

Jinja's sandbox keeps a template from escaping, not from being a bomb: `{{ 'a' * 10 ** 9 }}` takes
the machine's memory. So every tag must be one of a few shapes before Jinja sees the message, and
what Jinja has read of it may hold nodes of a few kinds only: text, our names, a condition on one
of them, and a plural. Nothing of it loops, reaches an attribute, or grows beyond what is counted.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from utskick.adapters.language_forms import answer_by_in_words, choose_word, plural_forms
from utskick.domain.languages import LANGUAGES
from utskick.domain.limits import LONGEST_TEXTS
from utskick.domain.message_names import (
    DEEPEST_CONDITION,
    LONGEST_FILLED_IN,
    NAMES,
    PLURAL,
    USABLE,
    MessageFault,
    MessageValues,
    ValueKind,
    longest_filled_in,
)
from utskick.domain.schedules import AnswerBy

_LONGEST = LONGEST_TEXTS["inbox_message"]
_LONGEST_FRAGMENT = 30

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_WORDS = r"\"[^\"\\{}\n]*\"|'[^'\\{}\n]*'"
_SHAPES = {
    shape: re.compile(pattern)
    for shape, pattern in {
        "name": rf"\{{\{{\s*(?P<name>{_NAME})\s*\}}\}}",
        "plural": (
            rf"\{{\{{\s*{PLURAL}\(\s*(?P<name>{_NAME})(?P<words>(?:\s*,\s*(?:{_WORDS}))+)\s*\)"
            r"\s*\}\}"
        ),
        "if": (
            rf"\{{%\s*(?P<word>if|elif)\s+(?:not\s+)?(?P<name>{_NAME})"
            rf"(?:\s*(?P<sign>==|!=|<=|>=|<|>)\s*(?P<value>[0-9]{{1,4}}|{_WORDS}))?\s*%\}}"
        ),
        "end": r"\{%\s*(?P<word>else|endif)\s*%\}",
    }.items()
}
"""Each tag is one of these, from its first brace to its last."""
_OPENING = re.compile(r"\{[{%#]")
_TO_ITS_END = re.compile(r"\{[{%#].*?(?:[}%#]\}|$)", re.MULTILINE)
"""To its end mark, or to the end of the line where somebody forgot it."""
_NODES: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const),
    *(nodes.If, nodes.Not, nodes.Compare, nodes.Operand, nodes.Call),
)
_CANNOT = "går inte att använda i meddelandet."
_NO_SUCH = f"Använd {USABLE}."
_TOO_LONG = MessageFault(
    1,
    "",
    f"texten är för lång, eller blir det när den fylls i (högst {LONGEST_FILLED_IN} tecken).",
    "Korta den.",
)
_FIRST_STRONG, _POP = "\u2068", "\u2069"


@dataclass(slots=True)
class _Tag:
    """`shape` is empty for what is none of ours."""

    row: int
    text: str
    shape: str = ""
    name: str = ""
    word: str = ""
    value: str = ""
    sign: str = ""
    words: int = 0


class JinjaMessages:
    def __init__(self) -> None:
        self._left_to_right = _environment()
        self._right_to_left = _environment(finalize=_isolated)

    def faults(self, message: str, *, language: str) -> list[MessageFault]:
        """Each once, in the order of the message."""
        if len(message) > _LONGEST:
            return [_TOO_LONG]
        tags = list(_tags(message))
        found = self._unreadable(message, tags, language)
        if not found and longest_filled_in(message) > LONGEST_FILLED_IN:
            found = [_TOO_LONG]
        by_sentence: dict[str, MessageFault] = {}
        for fault in found:
            by_sentence.setdefault(fault.sentence, fault)
        return list(by_sentence.values())

    def fill_in(self, message: str, values: MessageValues, *, language: str) -> str:
        """Raises `ValueError` for a message with faults, `UndefinedError` without a value."""
        if self._unreadable(message, list(_tags(message)), language):
            raise ValueError("the message holds what is neither text nor ours")
        written = {
            name: answer_by_in_words(value, language) if isinstance(value, AnswerBy) else value
            for name, value in values.items()
        }
        turned = LANGUAGES[language].right_to_left
        environment = self._right_to_left if turned else self._left_to_right
        choose = partial(choose_word, language=language)
        return environment.from_string(message).render(written | {PLURAL: choose})

    def _unreadable(self, message: str, tags: Sequence[_Tag], language: str) -> list[MessageFault]:
        found = [fault for tag in tags if (fault := _fault_of(tag, language))]
        found = found or _faults_of_nesting(tags)
        if not found and not self._is_plain(message):
            found = [MessageFault(1, "Meddelandet", "går inte att läsa.", "Skriv om det.")]
        return found

    def _is_plain(self, message: str) -> bool:
        """Whether Jinja reads nothing of it but what may be there."""
        try:
            read = self._left_to_right.parse(message)
        except (TemplateError, RecursionError):
            return False
        return all(_is_allowed(node) for node in (read, *read.find_all(nodes.Node)))


def _environment(finalize: Callable[[Any], Any] | None = None) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,  # plain text
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    environment.globals.clear()
    environment.filters.clear()
    environment.tests.clear()
    return environment


def _isolated(value: Any) -> Any:
    """A Swedish name or number keeps its own direction, and turns nothing around it."""
    return f"{_FIRST_STRONG}{value}{_POP}" if isinstance(value, str) and value else value


def _is_allowed(node: nodes.Node) -> bool:
    match node:
        case nodes.Name(name=name, ctx="load"):
            return name in NAMES or name == PLURAL
        case nodes.Call(node=nodes.Name(name=name), kwargs=[], dyn_args=None, dyn_kwargs=None):
            return bool(name == PLURAL)
        case nodes.Const(value=value):
            return isinstance(value, str | int)
        case nodes.Name() | nodes.Call():
            return False
        case _:
            return type(node) in _NODES


def _tags(message: str) -> Iterator[_Tag]:
    at = 0
    while opening := _OPENING.search(message, at):
        start = opening.start()
        row = message.count("\n", 0, start) + 1
        tag = _shaped(message, start, row)
        if tag is None:
            found = _TO_ITS_END.match(message, start)
            tag = _Tag(row, found.group() if found else message[start:])
        yield tag
        at = start + len(tag.text)


def _shaped(message: str, start: int, row: int) -> _Tag | None:
    for shape, pattern in _SHAPES.items():
        if found := pattern.match(message, start):
            parts = found.groupdict()
            return _Tag(
                row,
                found.group(),
                shape,
                name=parts.get("name") or "",
                word=parts.get("word") or "",
                value=parts.get("value") or "",
                sign=parts.get("sign") or "",
                words=len(re.findall(_WORDS, parts.get("words") or "")),
            )
    return None


def _fault_of(tag: _Tag, language: str) -> MessageFault | None:
    kind = NAMES[tag.name].kind if tag.name in NAMES else None
    reason, remedy = "", ""
    if not tag.shape or (tag.name and kind is None):
        reason, remedy = _CANNOT, _NO_SUCH
    elif tag.shape == "name" and kind is ValueKind.TRUTH:
        reason = "är ett villkor och kan inte skrivas ut."
        remedy = f"Skriv {NAMES[tag.name].written}."
    elif tag.shape == "plural":
        reason, remedy = _fault_of_plural(tag, kind, language)
    elif tag.shape == "if":
        reason, remedy = _fault_of_condition(tag, kind)
    return MessageFault(tag.row, _fragment(tag.text), reason, remedy) if reason else None


def _fault_of_plural(tag: _Tag, kind: ValueKind | None, language: str) -> tuple[str, str]:
    forms = plural_forms(language)
    if kind is not ValueKind.NUMBER:
        return f"böjer efter {tag.name}, som inte är ett tal.", f"Böj efter {_numbers()}."
    if tag.words != len(forms):
        name = LANGUAGES[language].name
        example = ", ".join(f'"{form}"' for form in forms)
        return (
            f"har {tag.words} ord, men {name} behöver {len(forms)}.",
            f"Skriv ett för vart och ett av {example} (CLDR:s namn på formerna).",
        )
    return "", ""


def _fault_of_condition(tag: _Tag, kind: ValueKind | None) -> tuple[str, str]:
    if kind is ValueKind.DATE:
        return "frågar efter ett datum, som alltid finns.", "Ta bort villkoret."
    if not tag.sign:
        return "", ""
    number = tag.value.isdecimal()
    if number is not (kind is ValueKind.NUMBER) or kind is ValueKind.TRUTH:
        return "jämför sådant som inte går att jämföra.", f"Jämför {_numbers()} med ett tal."
    if not number and tag.sign not in ("==", "!="):
        return "jämför ord efter storlek.", "Använd == eller !=."
    return "", ""


def _faults_of_nesting(tags: Sequence[_Tag]) -> list[MessageFault]:
    """Of conditions that are not ended, are ended twice, or stand too deep in each other."""
    open_ones: list[_Tag] = []
    found: list[MessageFault] = []

    def wrong(tag: _Tag, reason: str, remedy: str) -> None:
        found.append(MessageFault(tag.row, _fragment(tag.text), reason, remedy))

    for tag in tags:
        if tag.word == "if":
            open_ones.append(tag)
            if len(open_ones) == DEEPEST_CONDITION + 1:
                wrong(tag, "står i för många andra villkor.", f"Högst {DEEPEST_CONDITION}.")
        elif tag.word and not open_ones:
            wrong(tag, "hör inte till något villkor.", "Ta bort det, eller skriv {% if … %} före.")
        elif tag.word == "endif":
            open_ones.pop()
        elif tag.word and open_ones[-1].word == "else":
            wrong(tag, "står efter {% else %} i samma villkor.", "Ta bort det.")
        elif tag.word:
            open_ones[-1] = tag
    for tag in open_ones:
        wrong(tag, "har inget slut.", "Skriv {% endif %} där villkoret slutar.")
    return found


def _numbers() -> str:
    first, *rest = (each.name for each in NAMES.values() if each.kind is ValueKind.NUMBER)
    return f"{', '.join([first, *rest[:-1]])} eller {rest[-1]}"


def _fragment(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= _LONGEST_FRAGMENT:
        return line
    # Half a number would not look like one.
    return f"{line[:_LONGEST_FRAGMENT].rstrip('0123456789-+ ')}…"

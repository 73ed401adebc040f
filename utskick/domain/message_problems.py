"""What is wrong with a message in several languages, each fault with its place."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from utskick.domain.errors import Problem
from utskick.domain.languages import OTHER_LANGUAGES, SWEDISH, Translations, written
from utskick.domain.message_names import LONGEST_IN_ALL, MessageFault, longest_filled_in
from utskick.domain.personnummer import masked
from utskick.domain.personnummer_in_text import looks_like_personnummer


class MessageReader(Protocol):
    def faults(self, message: str, *, language: str) -> Sequence[MessageFault]:
        """What of a message cannot be used."""


def by_place(translations: Translations) -> Mapping[str, str]:
    """Each text by the place that its problems have."""
    return {
        place_of_language(code): translations[code]
        for code in OTHER_LANGUAGES
        if code in translations
    }


def place_of_language(code: str) -> str:
    return f"inbox_messages.{code}"


def _unknown(code: str) -> str:
    if code == SWEDISH:
        return "svenska står i inbox_message."
    return f"språket {masked(code) if looks_like_personnummer(code) else code} finns inte."


def message_problems(
    message: str, translations: Translations, reader: MessageReader
) -> list[Problem]:
    """Of all its languages. What looks like a personnummer is another's to report."""
    problems = [
        Problem("inbox_messages", _unknown(code), f"Använd {', '.join(sorted(OTHER_LANGUAGES))}.")
        for code in translations
        if code not in OTHER_LANGUAGES
    ]
    texts = {"inbox_message": (SWEDISH, message)} | {
        place_of_language(code): (code, text) for code, text in written(translations).items()
    }
    for place, (code, text) in texts.items():
        problems += [
            Problem(f"{place}, rad {fault.row}", fault.sentence, fault.remedy)
            for fault in reader.faults(text, language=code)
            if not looks_like_personnummer(fault.fragment)
        ]
    if sum(longest_filled_in(text) for _, text in texts.values()) > LONGEST_IN_ALL:
        problems.append(
            Problem(
                "inbox_messages",
                "meddelandet blir för långt på alla språk tillsammans.",
                "Korta texterna, eller ta bort ett språk.",
            )
        )
    return problems

"""What an inbox message may refer to, and what is wrong with one that refers to something else.

None of the names differs between recipients, so that one rendering serves all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from utskick.domain.schedules import AnswerBy

MessageValues = Mapping[str, str | int | AnswerBy]
"""What the names stand for at one occasion; a condition is a `bool`."""

DEEPEST_CONDITION = 3
LONGEST_VALUE = 200
LONGEST_FILLED_IN = 8000
"""Characters of one language's text, with every name at its longest."""
LONGEST_IN_ALL = 20_000
"""Of all its languages."""


class ValueKind(Enum):
    """`TRUTH` can only be asked about, a `DATE` only be written, and a `NUMBER` be compared."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class MessageName:
    """`label` is what staff call it. `of_several`: says nothing where there is one occasion."""

    name: str
    label: str
    kind: ValueKind = ValueKind.TEXT
    of_several: bool = False

    @property
    def written(self) -> str:
        """As it stands in a message; of a condition, around what is written only then."""
        if self.kind is ValueKind.TRUTH:
            return f"{{% if {self.name} %}}…{{% endif %}}"
        return f"{{{{ {self.name} }}}}"


NAMES = {
    each.name: each
    for each in (
        MessageName("enhet", "Enhetens namn"),
        MessageName("kontakt", "Kontakt"),
        MessageName("titel", "Titel"),
        MessageName("antal_formular", "Antal formulär", ValueKind.NUMBER),
        MessageName("besvaras_senast", "Besvaras senast", ValueKind.DATE),
        MessageName("tillfalle", "Tillfällets nummer", ValueKind.NUMBER, of_several=True),
        MessageName("antal_tillfallen", "Antal tillfällen", ValueKind.NUMBER, of_several=True),
        MessageName(
            "forsta_tillfallet", "Bara vid första tillfället", ValueKind.TRUTH, of_several=True
        ),
        MessageName(
            "sista_tillfallet", "Bara vid sista tillfället", ValueKind.TRUTH, of_several=True
        ),
    )
}
PLURAL = "plural"
"""Chooses a word by a number: `{{ plural(antal_formular, "fråga", "frågor") }}`."""
USABLE = ", ".join(each.written for each in NAMES.values() if each.kind is not ValueKind.TRUTH)


@dataclass(frozen=True, slots=True)
class MessageFault:
    """What of a message cannot be used, on which of its rows, as it is written there."""

    row: int
    fragment: str
    reason: str
    remedy: str

    @property
    def sentence(self) -> str:
        return f"{self.fragment} {self.reason}".strip()


def longest_filled_in(message: str) -> int:
    """How long it can become; what conditions leave out is counted too."""
    return len(message) + LONGEST_VALUE * message.count("{{")

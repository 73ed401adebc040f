"""Test persons: official test personnummer only."""

from datetime import date

from utskick.domain.personnummer import Personnummer, parse_personnummer


def _person(text: str) -> Personnummer:
    return parse_personnummer(text, today=date(2026, 11, 23))


TOLVAN = _person("19121212-1212")
ANNA = _person("199102042398")
BO = _person("199308282384")
CILLA = _person("199410012398")
DAVID = _person("199412042385")
PROTECTED = _person("199505012394")
DECEASED = _person("199602272388")
EMIGRATED = _person("199605212381")
STRANGER = _person("199706042380")
WITHOUT_ACCOUNT = _person("199801142382")
UNNOTIFIED = _person("199804142389")

COORDINATION_NUMBERS = (
    "191711602399",
    "191806602395",
    "193002902397",
    "192004912388",
    "193302912385",
)
"""Published by Skatteverket: the day of birth is not known, or is past the end of its month."""

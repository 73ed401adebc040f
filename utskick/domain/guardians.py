"""Guardians (vårdnadshavare), who may answer for a child up to its thirteenth birthday."""

from datetime import date

_MAY_ANSWER_UNTIL = 13


def may_guardian_answer(born: date, *, on: date) -> bool:
    """Judged at the day of the answer.

    Manual: "vårdnadshavare kan besvara formulär för sitt barn fram till dess att barnet har fyllt
    13 år".
    """
    return on < birthday(born, _MAY_ANSWER_UNTIL)


def birthday(born: date, years: int) -> date:
    """When somebody has so many years; on 1 March for a child of 29 February."""
    year = born.year + years
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)

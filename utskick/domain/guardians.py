"""Guardians (vårdnadshavare), who may answer for a child up to its thirteenth birthday."""

from datetime import date

_MAY_ANSWER_UNTIL = 13


def may_guardian_answer(born: date, *, on: date) -> bool:
    """Judged at the day of the answer. A child of 29 February has its birthday on 1 March.

    Manual: "vårdnadshavare kan besvara formulär för sitt barn fram till dess att barnet har fyllt
    13 år".
    """
    year = born.year + _MAY_ANSWER_UNTIL
    try:
        birthday = born.replace(year=year)
    except ValueError:
        birthday = date(year, 3, 1)
    return on < birthday

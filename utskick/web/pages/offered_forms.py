"""What a field for choosing a form offers, and what it says of a name that it does not offer."""

from collections.abc import Collection, Sequence

from utskick.domain.errors import Problem
from utskick.domain.forms import Catalogue, FormAccess, FormTemplate
from utskick.use_cases.list_forms import OfferedForms, matching
from utskick.web.labels import CATALOGUE_GROUPS

_CHOOSE = "Välj ett i listan."
_MOST_NAMED = 4

Groups = list[tuple[str, list[tuple[str, str]]]]
"""Headings, each with pairs of a name and what stands beside it."""


def groups(forms: Sequence[FormTemplate], *, but: Collection[str] = ()) -> Groups:
    """Egna, Gemensamma, NAFS; without those whose key is in `but`."""
    return [
        (heading, named)
        for catalogue, heading in CATALOGUE_GROUPS.items()
        if (
            named := [(f.name, "") for f in forms if f.catalogue is catalogue and f.key not in but]
        )
    ]


def elsewhere(offered: OfferedForms) -> list[tuple[str, str]]:
    """Those that cannot be chosen here, each with why."""
    return [(each.form.name, _why_not(each)) for each in offered.others]


def not_meant(place: str, typed: str, offered: OfferedForms) -> Problem:
    """Why no single form is meant by what was typed."""
    if not typed.strip():
        return Problem(place, "Du har inte valt något formulär.", _CHOOSE)
    if several := matching(typed, offered.forms):
        names = ", ".join(form.name for form in several[:_MOST_NAMED])
        more = len(several) - _MOST_NAMED
        said = f"{names} och {more} till" if more > 0 else names
        return Problem(place, f"Flera formulär stämmer med det du skrev: {said}.", _CHOOSE)
    if other := _meant_elsewhere(typed, offered):
        reason = f"{other.form.name} {_why_not(other)}."
        return Problem(place, reason, "Välj ett annat i listan.")
    return Problem(place, "Det finns inget formulär med det namnet.", _CHOOSE)


def is_on_other_page(typed: str, offered: OfferedForms) -> bool:
    """Whether what was typed means a form that can be chosen on the other page."""
    if not typed.strip() or matching(typed, offered.forms):
        return False
    other = _meant_elsewhere(typed, offered)
    return other is not None and other.available and not other.form.archived


def _meant_elsewhere(typed: str, offered: OfferedForms) -> FormAccess | None:
    others = matching(typed, [each.form for each in offered.others])
    return next((each for each in offered.others if others and each.form == others[0]), None)


def _why_not(access: FormAccess) -> str:
    if access.form.archived:
        return "är arkiverat"
    if not access.available:
        return "är gemensamt, men enheten prenumererar inte på det"
    national = access.form.catalogue is Catalogue.NAFS
    return f"finns under {'Skicka NAFS formulär' if national else 'Skicka formulär'}"

"""What the region's files and the pages do not agree about, as a table: ids and names alone."""

from collections.abc import Sequence

from utskick.domain.forms import Catalogue, FormTemplate
from utskick.domain.package_specs import changed_fields
from utskick.domain.region import (
    FormDiffers,
    PackageDiffers,
    RegionDifference,
    SubscriptionDiffers,
    UnitDiffers,
)
from utskick.use_cases.load_region import Loaded
from utskick.web.labels import PACKAGE_FIELDS, PACKAGE_LABELS, counted

_FORM_LABELS = {
    "key": "Kortnamn",
    "name": "Namn",
    "resident_name": "Namn för invånaren",
    "owner": "Ägare",
    "version": "Version",
}
_CATALOGUES = {Catalogue.SHARED: "Delas", Catalogue.NAFS: "Nationell (NAFS)"}
_HERE, _IN_FILES = "här, inte i filerna", "i filerna, inte här"


def loaded_in_words(loaded: Loaded, *, applied: bool) -> str:
    """How much there is, what was new, and what becomes of the differences."""
    number = len(loaded.differences)
    words = (
        f"{counted(loaded.units, 'enhet', 'enheter')},"
        f" {counted(loaded.forms, 'formulärmall', 'formulärmallar')},"
        f" {counted(loaded.subscriptions, 'prenumeration', 'prenumerationer')},"
        f" {counted(loaded.packages, 'grundplåt', 'grundplåtar')} i filerna:"
        f" {loaded.new} nya, {counted(number, 'skillnad', 'skillnader')}"
    )
    if number:
        words += f" som {'nu' if applied else 'inte'} är {'införd' if number == 1 else 'införda'}"
    return words


def difference_table(differences: Sequence[RegionDifference]) -> list[dict[str, str]]:
    """One row for each."""
    return [_row(each) for each in differences]


def _row(difference: RegionDifference) -> dict[str, str]:
    match difference:
        case UnitDiffers(kept, wanted):
            changed = {"Namn": kept.name != wanted.name, "Telefon": kept.phone != wanted.phone}
            what, name = "Enhet", kept.name
            words = ", ".join(field for field, differs in changed.items() if differs)
        case FormDiffers(kept, wanted):
            what, name, words = "Formulärmall", kept.name, _of_form(kept, wanted)
        case SubscriptionDiffers(unit, form, wanted=wanted):
            what, name = "Prenumeration", f"{form.name}, {unit.name}"
            words = f"Finns {_IN_FILES if wanted else _HERE}"
        case PackageDiffers(kept, wanted):
            what, name = "Grundplåt", kept.name
            fields = changed_fields(kept, wanted)
            words = ", ".join(PACKAGE_LABELS[PACKAGE_FIELDS.get(each, each)] for each in fields)
    return {"Vad": what, "Id": difference.id, "Namn": name, "Skillnad": words}


def _of_form(kept: FormTemplate, wanted: FormTemplate) -> str:
    words = []
    if kept.archived is not wanted.archived:
        words.append(f"Arkiverad {_HERE if kept.archived else _IN_FILES}")
    words += [
        f"{word} {_HERE if kept.catalogue is catalogue else _IN_FILES}"
        for catalogue, word in _CATALOGUES.items()
        if (kept.catalogue is catalogue) is not (wanted.catalogue is catalogue)
    ]
    fields = _FORM_LABELS.items()
    words += [label for name, label in fields if getattr(kept, name) != getattr(wanted, name)]
    return ", ".join(words)

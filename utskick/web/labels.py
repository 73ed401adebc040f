"""What staff call the things that we name in English."""

from utskick.domain.packages import PackageTemplate

FIELD_LABELS = {
    "unit": "Enhet",
    "package": "Paketutskickets namn",
    "title": "Titel som visas för invånaren",
    "form": "Formulärmall",
    "forms": "Ingående formulär",
    "recipients": "Mottagarlista",
    "occasions": "Utskickstillfällen",
    "start": "Första tillfället",
    "answer_by": "Besvaras senast",
    "purge_after": "Gallras efter",
    "inbox_message": "Inkorgsmeddelande",
    "form_banner": "Formulärmeddelande",
    "error_addresses": "E-postavisering vid eventuella fel",
}

_INTERVALS = {1: "varje vecka", 2: "varannan vecka"}
WEEKDAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")


def presets_in_words(package: PackageTemplate) -> str:
    """As staff would tell it: 4 formulär, 3 tillfällen varannan vecka, måndag kl. 08:00."""
    words = f"{len(package.form_ids)} formulär, {package.occasions} "
    words += "tillfälle" if package.occasions == 1 else "tillfällen"
    if package.occasions > 1:
        weeks = package.interval_weeks
        words += f" {_INTERVALS.get(weeks, f'med {weeks} veckor emellan')}"
    if package.weekday is not None:
        words += f", {WEEKDAYS[package.weekday]}"
    if package.time is not None:
        words += f" kl. {package.time:%H:%M}"
    return words

"""What the form service lists and what is kept here, where they differ, as a table."""

from utskick.domain.template_catalogue import LOSSES, ChangeKind, TemplateChange, renewed
from utskick.use_cases.fetch_templates import FetchedTemplates
from utskick.web.labels import counted

CHANGE_LABELS = {
    ChangeKind.NEW: "Ny i 1177",
    ChangeKind.CHANGED: "Ändrad i 1177",
    ChangeKind.ARCHIVED: "Arkiverad i 1177",
    ChangeKind.MISSING: "Finns inte längre i 1177",
    ChangeKind.BACK: "Publicerad i 1177, arkiverad här",
}


def fetched_in_words(fetched: FetchedTemplates, *, confirmed: bool) -> str:
    """How much was listed, and what waits for somebody."""
    words = (
        f"{counted(fetched.listed, 'mall', 'mallar')} i 1177 för"
        f" {counted(fetched.units, 'enhet', 'enheter')}:"
        f" {counted(len(fetched.changes), 'skillnad', 'skillnader')}"
    )
    if fetched.silent:
        words += f", {counted(fetched.silent, 'enhets', 'enheters')} lista gick inte att hämta"
    if fetched.held and not confirmed:
        words += f", {counted(len(fetched.held), 'arkivering', 'arkiveringar')} hålls"
    if fetched.new:
        words += f", {len(fetched.new)} att ta in"
    return words


def template_table(fetched: FetchedTemplates, *, confirmed: bool) -> list[dict[str, str]]:
    """One row for each difference."""
    return [
        {
            "Vad": CHANGE_LABELS[change.kind],
            "Namn": change.name,
            "Id": str(
                change.kept.id if change.kept else change.listed.id if change.listed else ""
            ),
            "I 1177": in_1177(change),
            "Infört": fate_in_words(change, confirmed=confirmed),
        }
        for change in fetched.changes
    ]


def in_1177(change: TemplateChange) -> str:
    """What is listed, where it is another."""
    if change.listed is None:
        return "–"
    newest = change.listed.newest
    if change.kept is None:
        return f"version {newest.version}"
    new, kept = renewed(change.kept, change.listed), change.kept
    words = [
        *([new.name] if new.name != kept.name else []),
        *(
            [f"för invånaren: {new.resident_name}"]
            if new.resident_name != kept.resident_name
            else []
        ),
        *([f"version {new.version}"] if new.version != kept.version else []),
    ]
    return ", ".join(words) or f"version {newest.version}"


def fate_in_words(change: TemplateChange, *, confirmed: bool) -> str:
    """What has become of it."""
    if change.kind is ChangeKind.NEW:
        return "Nej, tas in på sidan Mallkatalog"
    if change.kind is ChangeKind.BACK:
        return "Nej, tas tillbaka på mallens sida"
    if change.kind in LOSSES and change.held and not confirmed:
        return "Nej, hålls tills någon bekräftar"
    return "Ja"

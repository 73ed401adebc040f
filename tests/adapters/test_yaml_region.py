"""The region's files: every fault with its file, line, field and reason."""

import shutil
from pathlib import Path

import pytest

from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.yaml_region import read_region
from utskick.domain.errors import SpecRefused
from utskick.domain.packages import FORMS_DESK, Weekday
from utskick.domain.region import Region
from utskick.files import REGION

PACKAGE = "packages/vuxenpsykiatri-veckoskattning.yaml"
FORM = "forms/phq-9.yaml"
UNIT = "SE2321000131-E000000000101"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo region, to be spoilt."""
    return shutil.copytree(REGION, tmp_path / "region")


def read(folder: Path) -> Region:
    return read_region(folder, texts=JinjaTexts())


def faults(folder: Path) -> list[str]:
    """Each, with its path within the region."""
    with pytest.raises(SpecRefused) as caught:
        read(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def spoil(folder: Path, name: str, old: str, new: str) -> int:
    """Replace a line's text; the line's number."""
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_the_demo_region_is_whole(folder: Path) -> None:
    region = read(folder)

    weekly = next(p for p in region.packages if p.key == "vuxenpsykiatri-veckoskattning")
    assert (len(region.units), len(region.forms), len(region.packages)) == (5, 18, 10)
    assert weekly.weekday in set(Weekday)
    assert weekly.time
    assert all(package.error_addresses[0] == FORMS_DESK for package in region.packages)


def test_failures_are_mailed_to_the_regions_own_forms_desk(folder: Path) -> None:
    region = read_region(folder, texts=JinjaTexts(), forms_desk="formular@annat.se")

    assert {package.error_addresses[0] for package in region.packages} == {"formular@annat.se"}


def test_questions_may_share_their_options(folder: Path) -> None:
    assert "*days" in (folder / FORM).read_text()

    assert any(form.key == "phq-9" for form in read(folder).forms)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("units.yaml", UNIT, "SE123", "hsa_id: Enhetens HSA-id är fel skrivet."),
        ("units.yaml", "-E000000000102", "-E000000000101", "hsa_id: {} finns redan"),
        ("units.yaml", "phone: ", "telefon: ", "rad 1, telefon: fältet finns inte."),
        ("subscriptions.yaml", UNIT, "SE2321000131-X", "unit: SE2321000131-X finns inte."),
        ("subscriptions.yaml", "form: levnadsvanor", "form: borta", "form: borta finns inte."),
        (FORM, "key: phq-9", "key: gad-7", "key: gad-7 finns redan på annan plats."),
        (FORM, "version: 2", "version: två", "version: värdet ska vara ett heltal."),
        (FORM, "archived: null", "archived: igår", "archived: datumet är inte giltigt."),
        (FORM, "owner: null", f"owner: {UNIT}", "owner: alla formulär utom de nationella"),
        (FORM, "owner: null", "owner: SE2321000131-X", "owner: SE2321000131-X finns inte."),
        (PACKAGE, "weekday: ", "weekday: sön", "weekday: veckodagen ska vara måndag till söndag."),
        (
            PACKAGE,
            "interval: {count: 1, unit: week}",
            "interval_weeks: 0",
            "interval: flera tillfällen",
        ),
        (PACKAGE, "occasions: 8", "occasions: 101", "occasions: "),
        (PACKAGE, f"  - {UNIT}", "  - SE2321000131-X", "units: SE2321000131-X finns inte."),
        (
            PACKAGE,
            "{{ enhet }}",
            "{{ personnummer }}",
            "inbox_message, rad 3: {{{{ personnummer }}}} går",
        ),
        (PACKAGE, f"- {FORMS_DESK}", "- vem@", "error_addresses, rad 1: e-postadressen"),
        (
            PACKAGE,
            f"- {FORMS_DESK}",
            "- åsa@vgregion.se",
            "error_addresses, rad 1: e-postadressen har å",
        ),
    ],
)
def test_a_fault_has_its_file_line_field_and_reason(
    folder: Path, name: str, old: str, new: str, said: str
) -> None:
    spoil(folder, name, old, new)

    found = faults(folder)

    assert any(each.startswith(f"{name}, rad ") and said.format(UNIT) in each for each in found)


def test_the_line_is_that_of_the_entry_in_a_list(folder: Path) -> None:
    line = spoil(folder, "subscriptions.yaml", "form: somndagbok", "form: borta")

    (found,) = faults(folder)

    assert found.startswith(f"subscriptions.yaml, rad {line}, form: borta finns inte.")


def test_faults_of_all_files_come_at_once(folder: Path) -> None:
    spoil(folder, PACKAGE, "occasions: 8", "occasions: många")
    spoil(folder, FORM, "resident_name:", "namn:")
    (folder / "subscriptions.yaml").unlink()

    files = {found.split(",")[0].split(":")[0] for found in faults(folder)}

    assert {PACKAGE, FORM, "subscriptions.yaml"} <= files


def test_what_is_no_yaml_is_shown_beside_the_other_faults(folder: Path) -> None:
    (folder / PACKAGE).write_text("key: [")
    (folder / "units.yaml").write_bytes("- namn: Björkängen".encode("latin-1"))

    found = faults(folder)

    assert any(each.startswith(f"{PACKAGE}, rad 1, kolumn 7: filen går") for each in found)
    assert any(each.startswith("units.yaml: filen är inte sparad som UTF-8") for each in found)

"""What differs is shown by ids and names, in words that say where it is which way."""

from dataclasses import replace

import pytest

from tests.clinic import FOREIGN, MONDAY_NOON, PACKAGE, PHQ, SHARED, UNIT
from utskick.domain.forms import Catalogue
from utskick.domain.region import (
    FormDiffers,
    PackageDiffers,
    RegionDifference,
    SubscriptionDiffers,
    UnitDiffers,
)
from utskick.use_cases.load_region import Loaded
from utskick.web.region_words import difference_table, loaded_in_words

ARCHIVED = replace(PHQ, archived_at=MONDAY_NOON)
OFFERED = replace(FOREIGN, catalogue=Catalogue.SHARED)


@pytest.mark.parametrize(
    ("difference", "row"),
    [
        (
            UnitDiffers(UNIT, replace(UNIT, name="Ny", phone="1")),
            ["Enhet", UNIT.id, UNIT.name, "Namn, Telefon"],
        ),
        (
            FormDiffers(ARCHIVED, PHQ),
            ["Formulärmall", PHQ.key, PHQ.name, "Arkiverad här, inte i filerna"],
        ),
        (
            FormDiffers(PHQ, replace(ARCHIVED, version=2, name="Ny")),
            ["Formulärmall", PHQ.key, PHQ.name, "Arkiverad i filerna, inte här, Namn, Version"],
        ),
        (
            FormDiffers(FOREIGN, OFFERED),
            ["Formulärmall", FOREIGN.key, FOREIGN.name, "Delas i filerna, inte här"],
        ),
        (
            FormDiffers(OFFERED, FOREIGN),
            ["Formulärmall", FOREIGN.key, FOREIGN.name, "Delas här, inte i filerna"],
        ),
        (
            FormDiffers(FOREIGN, replace(FOREIGN, catalogue=Catalogue.NAFS)),
            ["Formulärmall", FOREIGN.key, FOREIGN.name, "Nationell (NAFS) i filerna, inte här"],
        ),
        (
            SubscriptionDiffers(UNIT, SHARED, wanted=True),
            [
                "Prenumeration",
                f"{SHARED.key}, {UNIT.id}",
                f"{SHARED.name}, {UNIT.name}",
                "Finns i filerna, inte här",
            ],
        ),
        (
            PackageDiffers(PACKAGE, replace(PACKAGE, unit_ids=(), occasions=2)),
            ["Grundplåt", PACKAGE.key, PACKAGE.name, "Enheter, Antal utskickstillfällen"],
        ),
    ],
)
def test_a_difference_is_a_row(difference: RegionDifference, row: list[str]) -> None:
    [shown] = difference_table([difference])

    assert list(shown) == ["Vad", "Id", "Namn", "Skillnad"]
    assert list(shown.values()) == row


@pytest.mark.parametrize(
    ("number", "applied", "end"),
    [
        (0, True, "0 skillnader"),
        (1, False, "1 skillnad som inte är införd"),
        (2, False, "2 skillnader som inte är införda"),
        (1, True, "1 skillnad som nu är införd"),
    ],
)
def test_what_becomes_of_the_differences_is_said(number: int, applied: object, end: str) -> None:
    differs = [FormDiffers(ARCHIVED, PHQ)] * number
    loaded = Loaded(units=1, forms=1, subscriptions=1, packages=2, new=2, differences=differs)

    assert loaded_in_words(loaded, applied=bool(applied)) == (
        f"1 enhet, 1 formulärmall, 1 prenumeration, 2 grundplåtar i filerna: 2 nya, {end}"
    )

"""A small region for the local 1177, and test persons with lawful test numbers."""

import json
from datetime import date
from itertools import count
from pathlib import Path

UNIT = "SE2321000131-E000000000901"
OTHER_UNIT = "SE2321000131-E000000000902"
OWN = "00000000-0000-4000-8000-000000000001"
SHARED = "00000000-0000-4000-8000-000000000002"
NAFS = "00000000-0000-4000-8000-000000000003"
ARCHIVED = "00000000-0000-4000-8000-000000000004"

QUESTIONS = [
    {"key": "sover", "text": "Sover du bra?", "kind": "yes_no", "required": True},
    {
        "key": "ork",
        "text": "Hur mycket orkar du?",
        "kind": "choice",
        "required": True,
        "options": [{"value": "0", "label": "Inget"}, {"value": "1", "label": "Allt"}],
    },
    {"key": "timmar", "text": "Timmar?", "kind": "number", "min": 0, "max": 24},
    {
        "key": "halsa",
        "text": "Hälsa?",
        "kind": "scale",
        "min": 0,
        "max": 100,
        "min_label": "Sämst",
        "max_label": "Bäst",
    },
    {"key": "mer", "text": "Något mer?", "kind": "text", "max_length": 20},
]

STAFF = [
    {
        "employee_hsa_id": "SE2321000131-P000000000901",
        "given_name": "Karin",
        "family_name": "Sandberg",
        "system_roles": ["UTSKICK;Logg"],
        "commissions": [
            {
                "commission_hsa_id": f"SE2321000131-U00000000090{number}",
                "name": name,
                "purpose": "Vård och behandling",
                "unit_hsa_id": unit,
                "unit_name": f"Enhet {number}",
                "provider_hsa_id": "SE2321000131-E000000000900",
                "provider_name": "Västra Götalandsregionen",
                "start_date": "2024-01-01",
                "end_date": None,
            }
            for number, name, unit in ((1, "Sjuksköterska", UNIT), (2, "Jour", OTHER_UNIT))
        ],
    }
]


def write_region(folder: Path) -> Path:
    """JSON is YAML too."""
    forms = folder / "forms"
    forms.mkdir(parents=True)
    units = [
        {"hsa_id": UNIT, "name": "Mottagningen", "phone": "031-390 06 01"},
        {"hsa_id": OTHER_UNIT, "name": "Vårdcentralen", "phone": "031-390 06 02"},
    ]
    _write(folder / "units.yaml", units)
    _write(folder / "subscriptions.yaml", [{"unit": UNIT, "form": "delad"}])
    _write(folder / "staff.yaml", STAFF)
    (folder / "persons.csv").write_text(
        "personnummer,given_name,surname,in_register,protected,deregistered,account,notified_by,"
        "guardians\n191212121212,Tolvan,Tolvansson,yes,,,yes,SMS Email,\n",
        encoding="utf-8",
    )
    for template_id, key, catalogue, owner, archived in (
        (OWN, "egen", "own", UNIT, None),
        (SHARED, "delad", "shared", OTHER_UNIT, None),
        (NAFS, "nationell", "nafs", None, None),
        (ARCHIVED, "gammal", "own", UNIT, "2024-12-31"),
    ):
        _write(
            forms / f"{key}.yaml",
            {
                "id": template_id,
                "key": key,
                "name": f"Mall {key}",
                "resident_name": f"Frågor {key}",
                "description": "Om hur du mår.",
                "catalogue": catalogue,
                "owner": owner,
                "version": 3,
                "archived": archived,
                "questions": QUESTIONS,
            },
        )
    return folder


_numbers = count()


def a_personnummer(born: date | None = None) -> str:
    """A new number from the series that are set aside for tests (238 and 239)."""
    number = next(_numbers)
    birth = born or date(1990 + number % 20, 1 + number % 12, 1 + number // 20 % 28)
    digits = f"{birth:%y%m%d}{238 + (born is not None and number % 2)}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return f"{birth:%Y}"[:2] + digits + str(-sum(d // 10 + d % 10 for d in doubled) % 10)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

"""What a provider says of a person, in each shape that providers say it in."""

import json
from datetime import date
from typing import Any

import pytest

from tests.local_1177.region import OTHER_UNIT, UNIT
from utskick.adapters.oidc_claims import ClaimNames, ClaimReader
from utskick.domain.staff import ClaimMissing, ClaimUnreadable

KARIN: dict[str, Any] = {"employeeHsaId": "SE2321000131-P000000000201"}
AT_UNIT: dict[str, Any] = {
    "commissionHsaId": "SE2321000131-U000000000301",
    "commissionName": "Sjuksköterska",
    "commissionPurpose": "Vård och behandling",
    "healthCareUnitHsaId": UNIT,
    "healthCareUnitName": "Björkängen",
}
ELSEWHERE = AT_UNIT | {"commissionHsaId": "U2", "healthCareUnitHsaId": OTHER_UNIT}


def with_commissions(claimed: object) -> dict[str, Any]:
    return KARIN | {"allCommissions": claimed}


@pytest.mark.parametrize(
    "claimed",
    [
        [AT_UNIT, ELSEWHERE],
        json.dumps([AT_UNIT, ELSEWHERE]),
        [json.dumps(AT_UNIT), json.dumps(ELSEWHERE)],
        [json.dumps([AT_UNIT, ELSEWHERE])],
    ],
    ids=["list", "text", "list of texts", "text in a list"],
)
def test_many_commissions_are_read_however_they_are_written(claimed: object) -> None:
    staff = ClaimReader().staff(with_commissions(claimed))

    assert [each.unit_id for each in staff.commissions] == [UNIT, OTHER_UNIT]
    assert (staff.without, staff.only_picked) == ("", False)


@pytest.mark.parametrize("claimed", [AT_UNIT, json.dumps(AT_UNIT)], ids=["object", "text"])
def test_a_single_commission_needs_no_list(claimed: object) -> None:
    [commission] = ClaimReader().staff(with_commissions(claimed)).commissions

    assert (commission.name, commission.unit_name) == ("Sjuksköterska", "Björkängen")


@pytest.mark.parametrize("claimed", [None, "", [], [None], "no JSON [", "[", [{}]], ids=repr)
def test_who_is_given_no_commission_is_known_to_have_got_none(claimed: object) -> None:
    staff = ClaimReader().staff(with_commissions(claimed))

    assert staff.commissions == ()
    assert staff.without == "allCommissions"


@pytest.mark.parametrize(
    ("claimed", "roles"),
    [
        (["UTSKICK;Logg", "BIF;002"], ("UTSKICK;Logg", "BIF;002")),
        ("UTSKICK;Logg", ("UTSKICK;Logg",)),
        ('["UTSKICK;Logg", "BIF;002"]', ("UTSKICK;Logg", "BIF;002")),
        ([{"authorizationScopePropertyCode": "UTSKICK;Logg"}], ("UTSKICK;Logg",)),
        ([{"authorizationScopePropertyCode": 7}, {}, 7, None], ()),
        (None, ()),
    ],
)
def test_a_role_is_a_text_or_an_object_with_a_code(
    claimed: object, roles: tuple[str, ...]
) -> None:
    assert ClaimReader().staff(KARIN | {"systemRoles": claimed}).system_roles == roles


def test_a_role_that_names_its_units_is_for_those_alone() -> None:
    role = {
        "authorizationScopePropertyCode": "UTSKICK;Logg",
        "adminCommissions": [{"sector": [{"unitHsaId": UNIT}, {"unitHsaId": OTHER_UNIT}]}],
    }

    staff = ClaimReader().staff(KARIN | {"systemRoles": [role]})

    assert staff.system_roles == (f"UTSKICK;Logg;{UNIT}", f"UTSKICK;Logg;{OTHER_UNIT}")


def test_values_in_one_text_are_parted_by_what_the_settings_say() -> None:
    claims = KARIN | {"systemRoles": "UTSKICK;Logg, BIF;002"}

    assert ClaimReader(separator=",").staff(claims).system_roles == ("UTSKICK;Logg", "BIF;002")


def test_a_provider_may_have_names_of_its_own() -> None:
    names = ClaimNames(staff_id="hsaid", given_name="", all_commissions="uppdrag", unit_id="enhet")
    commission = AT_UNIT | {"enhet": OTHER_UNIT}

    staff = ClaimReader(names=names).staff(
        {"hsaid": KARIN["employeeHsaId"], "family_name": "Sandberg", "uppdrag": [commission]}
    )

    assert staff.name == "Sandberg"
    assert [each.unit_id for each in staff.commissions] == [OTHER_UNIT]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("20260301", date(2026, 3, 1)),
        ("2026-03-01T08:00:00+01:00", date(2026, 3, 1)),
        ("2026-03-01 08:00:00", date(2026, 3, 1)),
        (20260301, date(2026, 3, 1)),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_read_however_it_is_written(written: object, read: date | None) -> None:
    [commission] = (
        ClaimReader().staff(with_commissions(AT_UNIT | {"endDate": written})).commissions
    )

    assert commission.ends_on == read


def test_the_commission_that_was_picked_there_is_the_only_one() -> None:
    staff = ClaimReader(picked_there=True).staff(
        KARIN | AT_UNIT | {"commissionName": ["Sjuksköterska"]}
    )

    [commission] = staff.commissions
    assert (commission.unit_id, commission.name) == (UNIT, "Sjuksköterska")
    assert (staff.picked, staff.only_picked) == (commission.hsa_id, True)


def test_who_has_none_to_pick_comes_without() -> None:
    staff = ClaimReader(picked_there=True).staff(KARIN)

    assert (staff.commissions, staff.without) == ((), "commissionHsaId")


@pytest.mark.parametrize(
    ("changes", "error", "claim"),
    [
        ({"employeeHsaId": None}, ClaimMissing, "employeeHsaId"),
        ({"employeeHsaId": []}, ClaimMissing, "employeeHsaId"),
        ({"employeeHsaId": "karin"}, ClaimUnreadable, "employeeHsaId"),
        ({"employeeHsaId": 7}, ClaimUnreadable, "employeeHsaId"),
        ({"employeeHsaId": ["a", "b"]}, ClaimUnreadable, "employeeHsaId"),
        ({"healthCareUnitHsaId": None}, ClaimMissing, "healthCareUnitHsaId"),
        ({"healthCareUnitHsaId": "Björkängen"}, ClaimUnreadable, "healthCareUnitHsaId"),
        ({"commissionPurpose": ""}, ClaimMissing, "commissionPurpose"),
    ],
)
def test_what_is_missing_or_odd_is_named_and_its_value_is_not(
    changes: dict[str, Any], error: type[ClaimMissing | ClaimUnreadable], claim: str
) -> None:
    with pytest.raises(error) as refused:
        ClaimReader(picked_there=True).staff(KARIN | AT_UNIT | changes)

    for said in (str(refused.value), refused.value.staff_message):
        assert claim in said
        assert "karin" not in said
        assert "Björkängen" not in said
    assert "Kontakta it-supporten" in refused.value.staff_message


def test_other_claims_count_as_roles_where_settings_say_so() -> None:
    reader = ClaimReader(names=ClaimNames(attributes=("title", "scopes")))
    claims = KARIN | {"systemRoles": "UTSKICK;Logg", "title": "Läkare", "scopes": ["A", "B"]}

    staff = reader.staff(claims)

    assert staff.system_roles == ("UTSKICK;Logg", "title=Läkare", "scopes=A", "scopes=B")
    assert {"title", "scopes"} <= set(reader.names.of_person), "they are asked for"

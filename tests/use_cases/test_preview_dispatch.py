from dataclasses import replace
from datetime import date

import pytest

from tests.clinic import (
    MONDAY_NOON,
    OTHER_STAFF,
    OWN,
    PACKAGE,
    PHQ,
    STAFF,
    UNIT,
    UNSUBSCRIBED,
    WEEKLY,
    Clinic,
)
from utskick.domain.calendar import LocalMoment
from utskick.domain.errors import NotFound
from utskick.domain.schedules import AnswerBy, Interval, IntervalUnit
from utskick.domain.specs import OccasionSpec
from utskick.use_cases.preview_dispatch import (
    DispatchPreview,
    follow_first,
    one_more,
)


def preview(
    clinic: Clinic, *occasions: OccasionSpec, forms: tuple[str, ...] = ()
) -> DispatchPreview:
    return clinic.preview_dispatch(
        WEEKLY, form_keys=forms, occasions=occasions, actor=STAFF, now=MONDAY_NOON
    )


def test_another_units_package_is_not_found(clinic: Clinic) -> None:
    assert clinic.preview_dispatch.find_package("veckovis", actor=STAFF).key == WEEKLY.key
    with pytest.raises(NotFound):
        clinic.preview_dispatch.find_package("veckovis", actor=OTHER_STAFF)


def test_a_part_that_several_names_hold_names_none(clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        records.packages.save(replace(WEEKLY, key="manad", name="Månadens skattning"))

    with pytest.raises(NotFound):
        clinic.preview_dispatch.find_package("skattning", actor=STAFF)


def test_the_preset_weekday_is_the_next_one(clinic: Clinic) -> None:
    found = clinic.preview_dispatch.preset_occasions(WEEKLY, now=MONDAY_NOON)

    assert [each.date for each in found.occasions] == ["2027-02-08", "2027-02-15", "2027-02-22"]


def test_an_emptied_field_is_not_filled_with_the_preset(clinic: Clinic) -> None:
    [found] = preview(clinic, OccasionSpec(date="", time="")).occasions

    assert found.local is None
    assert {problem.place for problem in found.problems} == {"occasions, rad 1"}
    assert len(found.problems) == 2


def test_an_occasion_is_shown_with_its_warning(clinic: Clinic) -> None:
    [found] = preview(clinic, OccasionSpec(date="2027-02-08", time="22:00")).occasions

    assert isinstance(found.local, LocalMoment)
    assert found.problems == ()
    assert "sent på dagen" in found.warnings[0]


def test_an_occasion_more_follows_the_last_one() -> None:
    every_other_week = replace(WEEKLY, interval=Interval(2, IntervalUnit.WEEK))

    assert one_more(
        [OccasionSpec(date="2027-02-08", time="08:00")], every_other_week
    ) == OccasionSpec(date="2027-02-22", time="08:00")
    assert one_more([], WEEKLY) == OccasionSpec(date="", time="08:00")
    assert one_more([], PACKAGE) == OccasionSpec(date="", time="")


def test_nothing_follows_a_first_date_that_cannot_be_read() -> None:
    typed = [OccasionSpec(date="x", time="08:00"), OccasionSpec(date="2027-02-08", time="09:00")]

    assert follow_first(typed, WEEKLY).occasions == typed


def test_forms_that_may_not_be_sent_block_the_start(clinic: Clinic) -> None:
    assert preview(clinic, forms=(PHQ.key, OWN.key)).blocked is None

    blocked = preview(clinic, forms=(PHQ.key, UNSUBSCRIBED.key)).blocked
    assert blocked is not None
    assert blocked.unsubscribed == (UNSUBSCRIBED.name,)


def test_with_one_form_the_resident_sees_its_own_name(clinic: Clinic) -> None:
    assert preview(clinic, forms=(PHQ.key,)).heading("Din vecka") == PHQ.resident_name
    assert preview(clinic, forms=(PHQ.key, OWN.key)).heading("Din vecka") == "Din vecka"


def test_the_names_stand_for_what_is_so_at_the_occasion(clinic: Clinic) -> None:
    found = preview(
        clinic,
        OccasionSpec(date="2027-02-08", time="08:00"),
        OccasionSpec(date="2027-02-15", time="08:00"),
        forms=(PHQ.key, OWN.key),
    )

    values = found.values(2, title="Din vecka", answer_by="", unit=UNIT, today=date(2027, 2, 1))

    assert values["tillfalle"] == 2
    assert values["antal_tillfallen"] == 2
    assert values["antal_formular"] == 2
    assert values["besvaras_senast"] == AnswerBy(date(2028, 2, 15))
    assert values["sista_tillfallet"]


def test_occasions_are_numbered_by_date_whatever_order_they_were_typed_in(
    clinic: Clinic,
) -> None:
    found = preview(
        clinic,
        OccasionSpec(date="2027-03-08", time="08:00"),
        OccasionSpec(date="", time="08:00"),
        OccasionSpec(date="2027-02-08", time="08:00"),
        OccasionSpec(date="2027-03-01", time="08:00"),
    )

    assert [(each.row, each.number) for each in found.occasions] == [
        (1, 3),
        (2, 4),
        (3, 1),
        (4, 2),
    ]
    assert [each.row for each in found.by_date] == [3, 4, 1, 2]
    assert found.out_of_order
    assert found.occasions[1].problems[0].place == "occasions, rad 2"

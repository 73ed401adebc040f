"""Visits in a table: what each row says, and what is refused or asked about."""

from datetime import date, datetime, time, timedelta, timezone

import pytest

from tests.people import ANNA, BO
from utskick.domain.recipient_tables import NoNumberColumn, numbers_of_text
from utskick.domain.seen_sheets import FoundList, Wish, find_list
from utskick.domain.sheets import Sheet, SheetRow, Unseen
from utskick.domain.text_tables import read_table
from utskick.domain.visit_messages import ReadVisits
from utskick.domain.visit_tables import (
    NoVisitColumn,
    SeveralVisitColumns,
    TooManyVisits,
    read_visits,
)
from utskick.domain.visits import VisitState

HEADINGS = "Personnummer;Referens;Besöksdatum;Tid"
TODAY = date(2027, 2, 1)


def read(*lines: str, headings: str = HEADINGS, most: int = 100) -> ReadVisits:
    table = read_table("\n".join((headings, *lines)))
    found = numbers_of_text(table)
    listed = FoundList(cells=tuple(found.cells), rows=tuple(table.rows), headings=found.headings)
    return read_visits(listed, accept_coordination_numbers=False, most=most, today=TODAY)


def reason(*lines: str, headings: str = HEADINGS) -> str:
    (refused,) = read(*lines, headings=headings).refused
    return refused.reason


def test_a_row_is_a_visit() -> None:
    (message,) = read(f"{ANNA.formatted};B-1;2027-03-01;09:30").messages

    assert (message.personnummer, message.reference) == (ANNA, "B-1")
    assert (message.day, message.at) == (date(2027, 3, 1), time(9, 30))
    assert (message.state, message.place_in) == (VisitState.BOOKED, "rad 2")


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        ("Personnummer;Bokningsnummer;Besök", "B-1;2027-03-01 09:30"),
        ("Pnr;Boknings-id;Datum för besök;Klockslag", "B-1;2027-03-01;9:30"),
        ("Personnummer;Referens;Datum;Besökstid", "B-1;2027-03-01 00:00:00;09:30:00"),
        ("Personnummer;Referens;Datum och tid", "B-1;2027-03-01T09:30"),
    ],
)
def test_columns_have_the_names_that_systems_give_them(headings: str, row: str) -> None:
    (message,) = read(f"{ANNA.digits};{row}", headings=headings).messages

    assert (message.reference, message.day, message.at) == (
        "B-1",
        date(2027, 3, 1),
        time(9, 30),
    )


def test_place_status_and_when_it_was_changed_are_read_too() -> None:
    headings = f"{HEADINGS};Plats;Status;Ändrad"
    row = f"{ANNA.digits};B-1;2027-03-01;09:30;Rum 3;Avbokad;2027-01-15T09:30:00+01:00"

    (message,) = read(row, headings=headings).messages

    assert (message.place, message.state) == ("Rum 3", VisitState.CANCELLED)
    assert message.stamp.last_updated == datetime(
        2027, 1, 15, 9, 30, tzinfo=timezone(timedelta(hours=1))
    )


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("B-1;01/03/2027;09:30", "Besökets datum går inte att tolka."),
        ("B-1;2027-02-30;09:30", "Besökets datum finns inte."),
        ("B-1;2027-03-01;", "Besökets tid saknas."),
        ("B-1;2027-03-01;halv tio", "Besökets tid går inte att tolka."),
        ("B-1;2027-03-01 09:30;10:30", "Raden har två olika tider."),
        (";2027-03-01;09:30", "Besökets referens saknas."),
        (f"{BO.formatted};2027-03-01;09:30", "Besökets referens ser ut som ett personnummer."),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(row: str, why: str) -> None:
    good = f"{BO.digits};B-2;2027-03-01;09:30"
    found = read(f"{ANNA.digits};{row}", good)

    assert [each.reason for each in found.refused] == [why]
    assert [each.reference for each in found.messages] == ["B-2"]


def test_a_wrong_number_is_refused_and_shown_masked() -> None:
    (refused,) = read("199102042399;B-1;2027-03-01;09:30").refused

    assert refused.reason == "Kontrollsiffran stämmer inte."
    assert refused.masked == "1991••••-••••"


def test_a_person_may_have_several_visits() -> None:
    found = read(f"{ANNA.digits};B-1;2027-03-01;09:30", f"{ANNA.digits};B-2;2027-04-01;09:30")

    assert (len(found.messages), found.refused) == (2, ())


def test_rows_that_contradict_each_other_are_all_refused() -> None:
    found = read(
        f"{ANNA.digits};B-1;2027-03-01;09:30",
        f"{ANNA.digits};B-1;2027-03-02;09:30",
        f"{BO.digits};B-2;2027-03-01;09:30",
        f"{BO.digits};B-2;2027-03-01;09:30",
    )

    assert [each.place_in for each in found.refused] == ["rad 2", "rad 3"]
    assert [each.reference for each in found.messages] == ["B-2", "B-2"]


def test_unless_each_says_when_it_was_changed() -> None:
    found = read(
        f"{ANNA.digits};B-1;2027-03-01;09:30;2027-01-15T09:30+01:00",
        f"{ANNA.digits};B-1;2027-03-02;09:30;2027-01-16T09:30+01:00",
        headings=f"{HEADINGS};Ändrad",
    )

    assert (len(found.messages), found.refused) == (2, ())


@pytest.mark.parametrize(
    ("headings", "missing"),
    [
        ("Personnummer;Besöksdatum;Tid", "Referens"),
        ("Personnummer;Referens;Tid", "Besöksdatum"),
    ],
)
def test_a_list_without_its_columns_is_no_list_of_visits(headings: str, missing: str) -> None:
    with pytest.raises(NoVisitColumn, match="columns") as caught:
        read(f"{ANNA.digits};2027-03-01;09:30", headings=headings)

    assert missing in caught.value.staff_message


def test_two_columns_that_may_be_the_date_are_not_guessed_between() -> None:
    with pytest.raises(SeveralVisitColumns) as caught:
        read(
            f"{ANNA.digits};B-1;2027-03-01;2027-03-02;09:30",
            headings="Personnummer;Referens;Besöksdatum;Besök;Tid",
        )

    assert "Kolumnerna C och D" in caught.value.staff_message


def test_a_date_of_something_else_is_not_the_visit_s() -> None:
    (message,) = read(
        f"{ANNA.digits};B-1;2027-01-01;2027-03-01;09:30",
        headings="Personnummer;Referens;Datum;Besöksdatum;Tid",
    ).messages

    assert message.day == date(2027, 3, 1)


def test_no_more_are_read_than_may() -> None:
    with pytest.raises(TooManyVisits):
        read(*[f"{ANNA.digits};B-1;2027-03-01;09:30"] * 3, most=2)


def test_a_list_without_personnummer_is_none() -> None:
    with pytest.raises(NoNumberColumn):
        read("Anna;B-1;2027-03-01;09:30", headings="Namn;Referens;Besöksdatum;Tid")


def test_what_is_struck_through_in_a_workbook_is_refused() -> None:
    headings = SheetRow(1, dict(enumerate(("Personnummer", "Referens", "Besök", "Plats"), 1)))
    texts = dict(enumerate((ANNA.digits, "B-1", "2027-03-01 09:30:00", "Rum 3"), 1))
    row = SheetRow(2, texts, unseen_cells={3: Unseen.STRUCK})
    sheet = Sheet(name="Besök", rows=[headings, row])

    found = find_list([sheet], Wish(leave_out_hidden=True))
    (refused,) = read_visits(
        found, accept_coordination_numbers=False, most=10, today=TODAY
    ).refused

    assert refused.reason == "Besöksdatum är överstruket."
    assert refused.place_in == "rad 2 på bladet Besök"

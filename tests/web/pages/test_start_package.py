"""Starta Paketutskick, in a browser without script."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Response

from tests.clinic import (
    GAD,
    OTHER_UNIT,
    OWN,
    PACKAGE,
    PHQ,
    SHARED,
    STAFF,
    UNIT,
    UNSUBSCRIBED,
    WEEKLY,
    Clinic,
)
from tests.people import ANNA, BO, CILLA, PROTECTED, UNNOTIFIED
from tests.use_cases.clinic_days import mails
from tests.web.pages.conftest import Browser, draft_of, words_of
from tests.web.pages.forms import main_form
from utskick.domain.dispatches import Dispatch, Recipient
from utskick.domain.packages import FORMS_DESK
from utskick.domain.personnummer import Personnummer
from utskick.domain.schedules import AnswerWithin, Interval, IntervalUnit, RedDayRule
from utskick.ports import TemporaryFailure
from utskick.wiring import Services

PAGE = "/starta-paketutskick"


async def presets(staff: Browser, key: str = WEEKLY.key) -> str:
    """The first page, as the package is prepared."""
    answer = await staff.press(await staff.open(PAGE), f"valj {key}")
    assert answer.status_code == 200
    return answer.text


def carried(*numbers: Personnummer, row: int = 0) -> list[str]:
    """The list as the page carries it; from a file with its row."""
    return ["|".join(f"{number.digits} SMS,Email {row or ''}".rstrip() for number in numbers)]


async def at_message(staff: Browser, key: str = WEEKLY.key, **changes: Any) -> Response:
    """The second page, for Anna and Bo."""
    listed = {"mottagare": carried(ANNA, BO)} | changes
    return await staff.press(await presets(staff, key), "starta", **listed)


async def started(staff: Browser, key: str = WEEKLY.key, **changes: Any) -> Response:
    """Started for Anna and Bo; the answer leads to the confirmation."""
    answer = await at_message(staff, key, **changes)
    assert answer.status_code == 200, words_of(answer.text)
    return await staff.press(answer.text, "ja-starta")


def dispatches(clinic: Clinic) -> list[Dispatch]:
    return [listed.dispatch for listed in clinic.listed()]


def recipients(clinic: Clinic, dispatch: Dispatch) -> list[Recipient]:
    with clinic.store.transaction() as records:
        return records.dispatches.recipients(dispatch.id)


def moments(page: str) -> list[tuple[str, str]]:
    fields = main_form(page).fields
    dates = [value for name, value in fields if name == "datum"]
    clocks = [value for name, value in fields if name == "klockslag"]
    return list(zip(dates, clocks, strict=True))


def values(page: str, field: str) -> list[str]:
    return [value for name, value in main_form(page).fields if name == field]


# Choosing a package


async def test_the_units_packages_are_listed_with_their_presets(staff: Browser) -> None:
    words = words_of(await staff.open(PAGE))

    assert "Inför besök, vuxenpsykiatri 4 formulär, 1 tillfälle" in words
    assert "Veckovis skattning 1 formulär, 3 tillfällen varje vecka, måndag kl. 08:00" in words


@pytest.mark.parametrize("typed", ["Veckovis skattning", "veckovis", "SKATTNING", " veckov "])
async def test_a_package_is_chosen_by_typing_a_part_of_its_name(
    staff: Browser, typed: str
) -> None:
    answer = await staff.press(await staff.open(PAGE), "valj", paket=typed)

    assert values(answer.text, "package") == [WEEKLY.key]


@pytest.mark.parametrize(("typed", "said"), [("Hudvård", "finns inte"), ("", "inte valt")])
async def test_a_package_that_cannot_be_recognised_is_asked_for_again(
    staff: Browser, typed: str, said: str
) -> None:
    answer = await staff.press(await staff.open(PAGE), "valj", paket=typed)

    assert answer.status_code == 422
    assert said in words_of(answer.text)


async def test_a_unit_without_packages_is_shown_whom_to_ask(other_staff: Browser) -> None:
    assert FORMS_DESK in words_of(await other_staff.open(PAGE))


async def test_another_package_can_be_chosen_for_the_same_recipients(staff: Browser) -> None:
    page = await presets(staff)

    chooser = await staff.press(page, "byt", mottagare=carried(ANNA))
    other = await staff.press(chooser.text, f"valj {PACKAGE.key}")

    assert values(other.text, "title") == [PACKAGE.resident_title]
    assert staff.gathered(other.text) == carried(ANNA)


# The presets, and what can be adjusted


async def test_the_presets_are_filled_in(staff: Browser) -> None:
    page = await presets(staff)

    assert values(page, "title") == [WEEKLY.resident_title]
    assert values(page, "formular") == [PHQ.key]
    assert moments(page) == [
        ("2027-02-08", "08:00"),
        ("2027-02-15", "08:00"),
        ("2027-02-22", "08:00"),
    ]
    assert "Måndag 2027-02-08 kl. 08:00" in words_of(page)


async def test_without_presets_the_date_is_today_and_the_time_must_be_chosen(
    staff: Browser,
) -> None:
    page = await presets(staff, PACKAGE.key)
    assert moments(page) == [("2027-02-01", "")]

    answer = await staff.press(page, "starta", mottagare=carried(ANNA))

    assert answer.status_code == 422
    assert "Utskickstillfällen, rad 1: klockslag saknas." in words_of(answer.text)


async def test_a_preset_time_that_has_passed_today_means_tomorrow(
    staff: Browser, clinic: Clinic
) -> None:
    with clinic.store.transaction() as records:
        records.packages.save(replace(WEEKLY, weekday=None, occasions=1))

    assert moments(await presets(staff)) == [("2027-02-02", "08:00")]


async def test_an_occasion_can_be_removed_and_one_more_added(staff: Browser) -> None:
    page = await presets(staff)

    removed = await staff.press(page, "ta-bort-tillfalle 2")
    assert moments(removed.text) == [("2027-02-08", "08:00"), ("2027-02-22", "08:00")]

    added = await staff.press(removed.text, "nytt-tillfalle")
    assert moments(added.text)[-1] == ("2027-03-01", "08:00")


async def test_all_occasions_can_follow_the_first(staff: Browser) -> None:
    page = await presets(staff)
    first = {"datum": ["2027-03-02", "", "x"], "klockslag": ["9.15", "", ""]}

    answer = await staff.press(page, "folj-forsta", **first)

    assert moments(answer.text) == [
        ("2027-03-02", "09:15"),
        ("2027-03-09", "09:15"),
        ("2027-03-16", "09:15"),
    ]


@pytest.mark.parametrize("typed", ["08:30", "0830", "8.30", "8:30", " 830 "])
async def test_a_time_is_understood_as_people_type_it(staff: Browser, typed: str) -> None:
    page = await presets(staff, PACKAGE.key)

    answer = await staff.press(page, "uppdatera", klockslag=typed)

    assert moments(answer.text) == [("2027-02-01", "08:30")]


@pytest.mark.parametrize(
    ("day", "clock", "said"),
    [
        ("2027-01-04", "08:00", "rad 1: tillfället har passerat."),
        ("2027-03-28", "02:30", "rad 1: Klockan 02:30 finns inte"),
        ("2027-13-01", "08:00", "rad 1: Datumet går inte att tolka."),
        ("2027-02-08", "åtta", "rad 1: Klockslaget går inte att tolka."),
        ("", "08:00", "rad 1: datum saknas."),
        ("2040-01-01", "08:00", "rad 1: tillfället är mer än fem år bort."),
    ],
)
async def test_a_moment_that_cannot_be_sent_at_is_reported_once_with_its_row(
    staff: Browser, day: str, clock: str, said: str
) -> None:
    answer = await at_message(staff, datum=day, klockslag=clock)

    assert answer.status_code == 422
    assert words_of(answer.text).count(said) == 1
    assert staff.gathered(answer.text) == carried(ANNA, BO)


async def test_the_same_moment_twice_is_refused(staff: Browser) -> None:
    answer = await at_message(staff, datum=["2027-02-08"] * 2, klockslag=["08:00"] * 2)

    assert "2027-02-08 08:00: tillfället finns två gånger." in words_of(answer.text)


async def test_occasions_are_in_date_order_in_question_message_and_store(
    staff: Browser, clinic: Clinic
) -> None:
    typed: dict[str, Any] = {
        "datum": ["2027-03-01", "2027-02-08"],
        "klockslag": ["08:00", "09:30"],
        "inbox_message": "Tillfälle {{ tillfalle }} av {{ antal_tillfallen }}",
    }
    asked = await at_message(staff, **typed)

    later = await staff.press(asked.text, "visa-tillfalle", tillfalle="2", answer_by="")
    await staff.press(later.text, "ja-starta")

    assert "1 Måndag 2027-02-08 kl. 09:30" in words_of(asked.text)
    assert "2 Måndag 2027-03-01 kl. 08:00" in words_of(asked.text)
    assert "Tillfälle 2 av 2" in words_of(later.text)
    [dispatch] = dispatches(clinic)
    assert [(each.number, f"{each.local_date}") for each in dispatch.occasions] == [
        (1, "2027-02-08"),
        (2, "2027-03-01"),
    ]


# Red days, and the days to answer


def marked_wrong(page: str) -> list[str]:
    """The ids of the occasions' fields that are shown in red."""
    return re.findall(r'id="((?:datum|klockslag|svar)-\d+)"[^>]*aria-invalid="true"', page)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"klockslag": ["", "08:00", "08:00"]}, ["klockslag-1"]),
        ({"datum": ["2027-02-08", "x", "2027-02-22"]}, ["datum-2"]),
        ({"datum": ["2027-01-29", "2027-02-15", "2027-02-22"]}, ["datum-1"]),
        ({"svar": ["", "", "2027-02-21"]}, ["svar-3"]),
    ],
)
async def test_only_the_field_that_is_wrong_becomes_red(
    staff: Browser, typed: dict[str, Any], wrong: list[str]
) -> None:
    answer = await at_message(staff, **typed)

    assert answer.status_code == 422
    assert marked_wrong(answer.text) == wrong


async def test_a_red_day_is_shown_at_its_row_and_moved_with_one_click(staff: Browser) -> None:
    days = ["2027-06-24", "2027-06-25", "2027-07-02"]
    red = await staff.press(await presets(staff), "uppdatera", datum=days)

    row = red.text.split('id="varning-2"')[1].split("</tr>")[0]
    moved = await staff.press(red.text, "till-arbetsdag 2")

    assert "2027-06-25 är midsommarafton. Nästa arbetsdag är måndag 2027-06-28." in row
    assert "Flytta till måndag 2027-06-28" in row
    assert [day for day, _ in moments(moved.text)] == ["2027-06-24", "2027-06-28", "2027-07-02"]
    assert "midsommarafton" not in moved.text


async def test_what_the_package_has_moved_itself_is_said_when_its_dates_are_filled_in(
    staff: Browser,
) -> None:
    moving = replace(WEEKLY, interval=Interval(46, IntervalUnit.DAY), weekday=None)
    with staff.clinic.store.transaction() as records:
        records.packages.save(replace(moving, red_days=RedDayRule.NEXT_WORKING_DAY))

    page = await presets(staff)

    assert [day for day, _ in moments(page)] == ["2027-02-02", "2027-03-22", "2027-05-05"]
    assert "2027-03-20 är lördag: tillfället är flyttat till måndag 2027-03-22." in words_of(page)


async def test_the_days_to_answer_are_shown_per_row_and_kept_as_they_are_started(
    staff: Browser, clinic: Clinic
) -> None:
    with clinic.store.transaction() as records:
        records.packages.save(
            replace(WEEKLY, answer_within=AnswerWithin(6), form_banner="Kom fastande.")
        )

    asked = await at_message(staff, svar=["", "2027-02-16", ""])
    await staff.press(asked.text, "ja-starta")

    words = words_of(asked.text)
    assert "1 Måndag 2027-02-08 kl. 08:00 2027-02-14 1 2" in words
    assert "2 Måndag 2027-02-15 kl. 08:00 2027-02-16 1 2" in words
    [dispatch] = dispatches(clinic)
    assert [f"{each.answer_by:%m-%d}" for each in dispatch.occasions] == [
        "02-14",
        "02-16",
        "02-28",
    ]
    assert dispatch.form_banner == "Kom fastande."
    opened = words_of(await staff.open(f"/paketutskick/{dispatch.id}"))
    assert "2 av 3 Måndag 2027-02-15 kl. 08:00 2027-02-16 Planerat" in opened


async def test_what_is_said_at_the_rows_follows_while_dates_are_typed(staff: Browser) -> None:
    form = main_form(await presets(staff))
    days = ["2027-06-25", "2027-02-15", "2027-02-22"]

    live = await staff.post(f"{form.action}/tillfallen", data=_posted(form.filled(datum=days)))

    assert '<template data-at="#varning-1">' in live.text
    assert 'value="till-arbetsdag 1"' in live.text


def _posted(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return data


async def test_an_emptied_title_is_refused_and_not_the_packages(staff: Browser) -> None:
    answer = await at_message(staff, title=" ")

    assert answer.status_code == 422
    assert 'id="title-problem"' in answer.text


async def test_an_early_hour_is_warned_of_until_the_end(staff: Browser) -> None:
    early = "2027-02-08 05:30 är tidigt på dagen"
    times: dict[str, Any] = {"datum": ["2027-02-08"], "klockslag": ["05:30"]}

    at_once = await staff.press(await presets(staff), "uppdatera", **times)
    asked = await at_message(staff, **times)
    confirmed = await staff.press(asked.text, "ja-starta")

    assert early in words_of(at_once.text)
    assert early in words_of(asked.text)
    assert early in words_of(await staff.open(confirmed.headers["location"]))


async def test_forms_can_be_removed_and_added_nafs_and_subscribed_ones_too(
    staff: Browser,
) -> None:
    page = await presets(staff)

    more = await staff.press(page, "lagg-till-formular", nytt_formular=SHARED.name)
    more = await staff.press(more.text, "lagg-till-formular", nytt_formular="gad")
    fewer = await staff.press(more.text, f"ta-bort-formular {PHQ.key}")

    assert values(more.text, "formular") == [PHQ.key, SHARED.key, GAD.key]
    assert values(fewer.text, "formular") == [SHARED.key, GAD.key]


async def test_a_form_that_the_unit_may_not_send_is_not_offered(staff: Browser) -> None:
    page = await presets(staff)
    assert f'value="{UNSUBSCRIBED.name}" data-group' not in page

    answer = await staff.press(page, "lagg-till-formular", nytt_formular=UNSUBSCRIBED.name)

    assert answer.status_code == 422
    assert "enheten prenumererar inte på det" in words_of(answer.text)
    assert values(answer.text, "nytt_formular") == [UNSUBSCRIBED.name]


async def test_the_forms_desk_is_always_notified_and_others_may_be(
    staff: Browser, clinic: Clinic
) -> None:
    assert f"{FORMS_DESK} är alltid med" in words_of(await presets(staff))

    await started(staff, error_addresses="psyk@vgregion.se, psyk2@vgregion.se")

    [dispatch] = dispatches(clinic)
    assert dispatch.error_addresses == (FORMS_DESK, "psyk@vgregion.se", "psyk2@vgregion.se")


async def test_a_package_prepared_without_the_forms_desk_says_so(staff: Browser) -> None:
    missing = "Adressen saknas i det här paketets grundplåt"

    assert missing in words_of(await presets(staff, WEEKLY.key))
    assert missing not in words_of(await presets(staff, PACKAGE.key))


async def test_an_address_that_takes_no_mail_is_shown_at_its_field(staff: Browser) -> None:
    answer = await staff.press(await presets(staff), "starta", error_addresses="åsa@vgregion.se")

    assert answer.status_code == 422
    assert (
        "Fel: E-postadressen har å, ä, ö eller ett annat tecken före @ som mejl inte kan skickas"
        " till. Skriv en annan adress." in words_of(answer.text)
    )


async def test_an_address_that_refused_a_mail_says_so_where_staff_and_others_see_it(
    staff: Browser, administrator: Browser
) -> None:
    staff.clinic.mailer.refused.add(FORMS_DESK)
    staff.clinic.forms.archived.add(PHQ.id)
    blocked = await at_message(staff)
    mails(staff.clinic)

    assert "Ett mejl om det går till alla adresser för e-postavisering." in words_of(blocked.text)
    assert f"{FORMS_DESK} Tar inte emot mejl" in words_of(await presets(staff))
    assert f"provar på nytt en gång om dagen i en vecka. {FORMS_DESK}" in words_of(
        await administrator.open("/forvaltning")
    )


async def test_everything_that_is_wrong_is_shown_at_once(staff: Browser) -> None:
    answer = await staff.press(
        await presets(staff),
        "starta",
        error_addresses="psyk",
        answer_by="2027-02-30",
        title="x" * 201,
    )

    words = words_of(answer.text)
    assert "E-postavisering vid eventuella fel, rad 1: e-postadressen är inte giltig." in words
    assert "Besvaras senast: datumet är inte giltigt." in words
    assert "Titel som visas för invånaren: texten är för lång." in words


@pytest.mark.parametrize(
    ("pressed", "odd"),
    [
        ("ta-bort-tillfalle 99", {}),
        ("ta-bort-tillfalle x", {}),
        ("ta-bort-formular \x00", {}),
        ("visa-tillfalle", {"tillfalle": "99"}),
        ("visa-tillfalle", {"tillfalle": "²"}),
        ("visa-tillfalle", {"tillfalle": "-1"}),
        ("folj-forsta", {"datum": "2999-12-31"}),
        ("folj-forsta", {"datum": None, "klockslag": None}),
        ("nytt-tillfalle", {"datum": "\x00" * 50, "klockslag": "\u202e1"}),
        ("lagg-till-formular", {"nytt_formular": "\x00"}),
        ("starta", {"datum": ["2027-02-08"] * 101, "klockslag": ["08:00"] * 101}),
        ("starta", {"formular": ["ingen", "x" * 5000]}),
        ("starta", {"formular": None, "nytt_formular": None}),
        ("starta", {"title": "\x00", "error_addresses": ",,;"}),
        ("starta", {"answer_by": "9999-12-31", "purge_after": "0001-01-01"}),
        ("ja-starta", {"again": "x" * 10_000}),
        ("ingenting", {}),
    ],
)
async def test_nothing_odd_that_is_posted_breaks_the_page(
    staff: Browser, clinic: Clinic, pressed: str, odd: dict[str, Any]
) -> None:
    form = main_form(await presets(staff))
    data: dict[str, list[str]] = {}
    for name, value in form.filled(**{"mottagare": carried(ANNA)} | odd | {"gor": pressed}):
        data.setdefault(name, []).append(value)

    answer = await staff.post(form.action, data=data)

    assert answer.status_code in {200, 303, 422}


# Recipients


async def test_a_number_that_was_typed_but_not_added_is_not_forgotten(
    staff: Browser, clinic: Clinic
) -> None:
    await started(staff, nytt_personnummer=UNNOTIFIED.formatted, mottagare=carried(ANNA))

    [dispatch] = dispatches(clinic)
    assert {r.personnummer for r in recipients(clinic, dispatch)} == {ANNA, UNNOTIFIED}


async def test_a_typed_number_that_cannot_be_added_stops_the_start(staff: Browser) -> None:
    answer = await at_message(staff, nytt_personnummer=PROTECTED.formatted)

    assert "Skyddad identitet." in words_of(answer.text)
    assert values(answer.text, "nytt_personnummer") == [PROTECTED.formatted]


async def test_a_list_that_was_pasted_but_not_imported_is_shown_first(staff: Browser) -> None:
    answer = await at_message(staff, mottagare=None, inklistrat=f"{ANNA.digits}\n9308282384")

    assert "1 mottagare lades till, 1 rad togs inte med" in words_of(answer.text)
    assert staff.gathered(answer.text) == carried(ANNA, row=1)


async def test_a_file_is_imported_and_every_row_that_was_not_taken_can_be_downloaded(
    staff: Browser,
) -> None:
    form = main_form(await presets(staff))
    data = dict(form.filled(gor="importera"))
    table = f"Namn;Personnummer\nAnna;{ANNA.digits}\nBo;9308282384\nEva;{PROTECTED.digits}\n"
    answer = await staff.post(form.action, data=data, files={"fil": ("lista.csv", table.encode())})

    assert staff.gathered(answer.text) == carried(ANNA, row=2)
    words = words_of(answer.text)
    assert "1 mottagare lades till, 2 rader togs inte med" in words
    assert "3 9308••••-•••• Personnumret har tio siffror." in words
    assert "4 1995••••-•••• Skyddad identitet." in words


@pytest.mark.parametrize(("kind", "starts"), [("csv", b"\xef\xbb\xbfRad;"), ("xlsx", b"PK")])
async def test_the_rows_that_were_not_taken_are_a_file(
    staff: Browser, kind: str, starts: bytes
) -> None:
    page = await staff.press(await presets(staff), "importera", inklistrat="9308282384\nx")
    form = main_form(page.text)
    data: dict[str, list[str]] = {}
    for name, value in form.filled(gor=f"rapport {kind}"):
        data.setdefault(name, []).append(value)

    answer = await staff.post(f"/utkast/{draft_of(form.action)}/rapport", data=data)

    assert answer.content.startswith(starts)
    assert f'filename="mottagare-fel.{kind}"' in answer.headers["content-disposition"]


async def test_nobody_on_the_list_is_notified(staff: Browser) -> None:
    answer = await at_message(staff, mottagare=None)

    assert answer.status_code == 422
    assert "Mottagarlistan är tom" in words_of(answer.text)


async def test_whoever_became_protected_since_is_refused_at_the_start(staff: Browser) -> None:
    answer = await at_message(staff, mottagare=carried(ANNA, PROTECTED))

    assert answer.status_code == 422
    assert "Mottagarlista, rad 2 (1995••••-••••): Skyddad identitet." in words_of(answer.text)


# Blocked


async def test_an_unsubscribed_form_is_red_at_once_and_blocks_the_start(
    staff: Browser, clinic: Clinic
) -> None:
    with clinic.store.transaction() as records:
        records.packages.save(replace(WEEKLY, template_ids=(PHQ.id, UNSUBSCRIBED.id)))
    page = await presets(staff)
    red = "Detta startade paket innehåller formulärmallar som har arkiverats"
    assert red in words_of(page)
    assert "Smärta Prenumeration saknas" in words_of(page)

    answer = await staff.press(page, "starta", mottagare=carried(ANNA))

    assert answer.status_code == 422
    assert red in words_of(answer.text)
    assert [mail.to for mail in mails(clinic)] == [(FORMS_DESK,)]


async def test_without_the_blocked_form_it_can_be_started(staff: Browser, clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        records.packages.save(replace(WEEKLY, template_ids=(PHQ.id, UNSUBSCRIBED.id)))

    without = await staff.press(await presets(staff), f"ta-bort-formular {UNSUBSCRIBED.key}")
    answer = await staff.press(without.text, "starta", mottagare=carried(ANNA))

    assert answer.status_code == 200
    assert (await staff.press(answer.text, "ja-starta")).status_code == 303


async def test_a_form_that_only_the_form_service_calls_archived_is_red_too(
    staff: Browser, clinic: Clinic
) -> None:
    clinic.forms.archived.add(PHQ.id)

    answer = await at_message(staff)

    assert answer.status_code == 422
    assert "PHQ-9 Arkiverad" in words_of(answer.text)


# The message


async def test_the_message_is_shown_as_the_resident_will_see_it(staff: Browser) -> None:
    answer = await at_message(staff)

    assert "Hej från Vuxenpsykiatriska mottagningen. Tillfälle 1 av 3." in words_of(answer.text)
    assert PHQ.resident_name in words_of(answer.text)


async def test_the_title_is_shown_as_it_is_kept(staff: Browser, clinic: Clinic) -> None:
    typed = "Inför \u202emötet"

    asked = await at_message(staff, title=typed)
    page = (await staff.press(asked.text, "andra")).text
    await started(staff, title=typed)

    [dispatch] = dispatches(clinic)
    assert dispatch.title == "Inför mötet"
    assert "Inför mötet" in page
    assert "\u202e" not in page


async def test_the_message_is_shown_for_the_chosen_occasion(staff: Browser) -> None:
    answer = await at_message(staff)

    third = await staff.press(answer.text, "visa-tillfalle", tillfalle="3")

    assert "Tillfälle 3 av 3." in words_of(third.text)


async def test_what_will_happen_is_shown_before_it_does(staff: Browser) -> None:
    words = words_of((await at_message(staff)).text)

    assert "Det här kommer att hända" in words
    assert "1 Måndag 2027-02-08 kl. 08:00 2028-02-08 1 2" in words
    assert "3 Måndag 2027-02-22 kl. 08:00 2028-02-22 1 2" in words


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Hej {{ namn }}!", "{{ namn }} går inte att använda i meddelandet."),
        ("  ", "meddelandet är tomt."),
        ("x" * 4001, "texten är för lång."),
        (f"Hej {ANNA.formatted}", "liknar ett personnummer"),
    ],
)
async def test_a_fault_in_the_message_is_shown_on_its_own_page(
    staff: Browser, clinic: Clinic, message: str, said: str
) -> None:
    page = (await at_message(staff)).text

    answer = await staff.press(page, "ja-starta", inbox_message=message)

    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert values(answer.text, "inbox_message") == [message]
    assert dispatches(clinic) == []


async def test_staff_can_go_back_and_nothing_is_lost(staff: Browser) -> None:
    page = (await at_message(staff, title="Din månad", answer_by="2027-12-01")).text

    back = await staff.press(page, "andra", inbox_message="Hej!", form_banner="Obs!")

    assert values(back.text, "title") == ["Din månad"]
    assert values(back.text, "answer_by") == ["2027-12-01"]
    assert staff.gathered(back.text) == carried(ANNA, BO)
    again = (await staff.press(back.text, "starta")).text
    assert values(again, "inbox_message") == ["Hej!"]
    assert values(again, "form_banner") == ["Obs!"]


async def test_without_an_inbox_message_none_is_asked_about(
    staff: Browser, clinic: Clinic
) -> None:
    page = (await at_message(staff, creates_inbox_message=None)).text
    assert "Så här ser det ut i inkorgen" not in page

    await staff.press(page, "ja-starta")

    assert not dispatches(clinic)[0].creates_inbox_message


# Starting


async def test_a_package_is_started_as_it_was_filled_in(staff: Browser, clinic: Clinic) -> None:
    page = await at_message(
        staff,
        PACKAGE.key,
        title="Inför mötet",
        datum=["2027-02-10", "2027-02-17"],
        klockslag=["08:30", "16:00"],
        formular=[PHQ.key, OWN.key],
        answer_by="2027-06-01",
        purge_after="2027-07-01",
    )
    await staff.press(page.text, "ja-starta", inbox_message="Hej!", form_banner="Obs!")

    [dispatch] = dispatches(clinic)
    assert dispatch.title == "Inför mötet"
    assert [f"{each.local:%Y-%m-%d %H:%M}" for each in dispatch.occasions] == [
        "2027-02-10 08:30",
        "2027-02-17 16:00",
    ]
    assert [form.template_id for form in dispatch.forms] == [PHQ.id, OWN.id]
    assert (f"{dispatch.answer_by}", f"{dispatch.purge_after}") == ("2027-06-01", "2027-07-01")
    assert (dispatch.inbox_message, dispatch.form_banner) == ("Hej!", "Obs!")
    assert [r.personnummer for r in recipients(clinic, dispatch)] == [ANNA, BO]
    assert len(clinic.scheduler.registered(now=clinic.clock.now())) == 2


async def test_a_confirmation_shows_what_will_happen_and_when(staff: Browser) -> None:
    answer = await started(staff)
    words = words_of(await staff.open(answer.headers["location"]))

    assert "Paketutskicket är startat" in words
    assert "”Veckovis skattning” till 2 mottagare" in words
    assert "2 Måndag 2027-02-15 kl. 08:00 2028-02-15 PHQ-9 2" in words


async def test_a_double_click_starts_once(staff: Browser, clinic: Clinic) -> None:
    page = (await at_message(staff)).text

    first = await staff.press(page, "ja-starta")
    second = await staff.press(page, "ja-starta")

    assert len(dispatches(clinic)) == 1
    assert second.headers["location"] == f"{first.headers['location']}?redan=1"
    assert "Inget startades en gång till" in words_of(await staff.open(second.headers["location"]))


async def test_the_same_again_is_started_only_on_purpose(staff: Browser, clinic: Clinic) -> None:
    await started(staff)

    page = (await at_message(staff)).text
    assert "Exakt samma paketutskick har startats förut" in words_of(page)
    await staff.press(page, "ja-starta")
    await staff.press(page, "ja-starta")

    assert len(dispatches(clinic)) == 2


async def test_another_units_confirmation_is_not_found(
    staff: Browser, other_staff: Browser
) -> None:
    answer = await started(staff)

    assert (await other_staff.get(answer.headers["location"])).status_code == 404


async def test_a_package_that_was_withdrawn_meanwhile_must_be_chosen_anew(
    staff: Browser, clinic: Clinic
) -> None:
    page = (await at_message(staff)).text
    with clinic.store.transaction() as records:
        records.packages.save(replace(WEEKLY, unit_ids=(OTHER_UNIT.id,)))

    answer = await staff.press(page, "ja-starta")

    assert answer.status_code == 422
    assert "paketutskicket finns inte för enheten" in words_of(answer.text)
    assert staff.gathered(answer.text) == carried(ANNA, BO)


async def test_while_a_register_is_away_nothing_is_started_and_nothing_lost(
    staff: Browser, clinic: Clinic
) -> None:
    page = (await at_message(staff)).text
    clinic.persons.fails_reading.append(TemporaryFailure("away"))

    away = await staff.press(page, "ja-starta")

    assert away.status_code == 503
    assert dispatches(clinic) == []
    assert staff.gathered(page) == carried(ANNA, BO)


# While typing


async def test_moments_are_shown_while_they_are_typed(staff: Browser) -> None:
    form = main_form(await presets(staff, PACKAGE.key))
    data = dict(form.filled(datum="2027-02-03", klockslag="2230"))

    answer = await staff.post(f"{form.action}/tillfallen", data=data)

    assert "<html" not in answer.text
    assert "Onsdag 2027-02-03 kl. 22:30" in words_of(answer.text)
    assert "sent på dagen" in answer.text


async def test_the_message_is_shown_while_it_is_written(staff: Browser) -> None:
    form = main_form((await at_message(staff)).text)
    data: dict[str, list[str]] = {}
    for name, value in form.filled(inbox_message="Nu: {{ tillfalle }}", tillfalle="2"):
        data.setdefault(name, []).append(value)

    answer = await staff.post(f"{form.action}/meddelande", data=data)

    assert "Nu: 2" in answer.text
    assert "<html" not in answer.text


@pytest.fixture
def translated(clinic: Clinic) -> None:
    """The package, in two languages more."""
    translations = {"ar": "مرحبا من {{ enhet }}", "en": "Hello from {{ enhet }}"}
    with clinic.store.transaction() as records:
        records.packages.save(replace(WEEKLY, inbox_messages=translations, version=2))


@pytest.mark.usefixtures("translated")
async def test_each_language_is_shown_as_the_resident_gets_it_and_can_be_changed(
    staff: Browser, clinic: Clinic
) -> None:
    page = (await at_message(staff)).text

    changed = await staff.press(
        page, "visa-tillfalle", **{"inbox_messages.en": "Hi from {{ enhet }}!"}
    )
    await staff.press(changed.text, "ja-starta")

    assert '<p class="text" lang="ar" dir="rtl">مرحبا من \u2068' in page
    assert f"— English — Hello from {UNIT.name}" in words_of(page)
    assert f"— English — Hi from {UNIT.name}!" in words_of(changed.text)
    [dispatch] = dispatches(clinic)
    assert dispatch.inbox_messages == {
        "ar": "مرحبا من {{ enhet }}",
        "en": "Hi from {{ enhet }}!",
    }


@pytest.mark.usefixtures("translated")
async def test_a_language_that_was_emptied_stays_so_also_on_the_way_back(
    staff: Browser, clinic: Clinic
) -> None:
    page = (await at_message(staff, **{"inbox_messages.ar": ""})).text

    back = await staff.press(page, "andra")
    again = await staff.press(back.text, "starta")
    await staff.press(again.text, "ja-starta")

    assert values(again.text, "inbox_messages.ar") == [""]
    [dispatch] = dispatches(clinic)
    assert list(dispatch.inbox_messages) == ["en"]


@pytest.mark.usefixtures("translated")
async def test_what_is_wrong_with_a_language_stands_at_its_box(staff: Browser) -> None:
    page = (await at_message(staff)).text

    answer = await staff.press(page, "ja-starta", **{"inbox_messages.en": "Hi\n{{ x }}"})

    assert answer.status_code == 422
    assert 'id="inbox_messages.en-problem"' in answer.text
    assert "Inkorgsmeddelande på engelska, rad 2: {{ x }} går inte" in words_of(answer.text)


# Sending it to oneself first


async def test_it_is_sent_to_ones_own_test_resident_and_the_draft_stays(
    staff: Browser, clinic: Clinic, app: FastAPI, wired: Services
) -> None:
    rules = replace(clinic.rules, trial_residents={STAFF.name: CILLA.digits})
    app.state.services = replace(wired, rules=rules)
    page = (await at_message(staff)).text

    answer = await staff.press(page, "skicka-till-mig")

    (dispatch,) = dispatches(clinic)
    assert [each.personnummer for each in recipients(clinic, dispatch)] == [CILLA]
    assert dispatch.occasions[0].sends_at - clinic.clock.now() <= timedelta(minutes=2)
    words = words_of(answer.text)
    assert "Skickat till din testperson" in words
    assert "Mottagare 2" in words


async def test_what_is_sent_to_oneself_twice_in_a_minute_is_sent_once(
    staff: Browser, clinic: Clinic, app: FastAPI, wired: Services
) -> None:
    rules = replace(clinic.rules, trial_residents={STAFF.name: CILLA.digits})
    app.state.services = replace(wired, rules=rules)
    page = (await at_message(staff)).text

    once = (await staff.press(page, "skicka-till-mig")).text
    again = await staff.press(once, "skicka-till-mig")

    assert again.status_code == 200
    assert len(dispatches(clinic)) == 1


async def test_whoever_has_no_test_resident_is_not_offered_one(staff: Browser) -> None:
    page = (await at_message(staff)).text

    assert "Skicka till mig" not in page

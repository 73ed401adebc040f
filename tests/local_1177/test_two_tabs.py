"""One form in two tabs, or on two devices: nothing newer is overwritten, nothing is lost."""

from datetime import date

import pytest

from tests.local_1177.conftest import Local, Resident, ref_of
from tests.local_1177.region import NAFS, UNIT, a_personnummer

ALL = {"svar-sover": "ja", "svar-ork": "1", "svar-timmar": "8", "svar-mer": "Nej"}
SAVED = {"sover": "ja", "ork": "1", "timmar": "8", "mer": "Nej"}


@pytest.fixture
def form(local: Local, resident: Resident, anna: str) -> str:
    """The address of Anna's form, when she has signed in."""
    resident.sign_in(ref_of(local, anna))
    return f"/formular/{local.create(anna)}"


def answers_of(local: Local, anna: str) -> dict[str, str]:
    answers: dict[str, str] = local.forms_of(anna)[0]["answers"]
    return answers


def status_of(local: Local, anna: str) -> str:
    return str(local.forms_of(anna)[0]["formStatus"])


def test_pausing_in_an_old_empty_tab_changes_nothing(
    local: Local, resident: Resident, anna: str, form: str
) -> None:
    old, new = resident.get(form), resident.get(form)
    resident.submit(new, form, steg="pausa", **ALL)

    page = resident.submit(old, form, steg="pausa", **dict.fromkeys(ALL, ""))

    assert "Dina svar är sparade." in page.text
    assert answers_of(local, anna) == SAVED


def test_answers_to_different_questions_are_put_together(
    local: Local, resident: Resident, anna: str, form: str
) -> None:
    one, other = resident.get(form), resident.get(form)
    resident.submit(one, form, steg="pausa", **{"svar-sover": "ja", "svar-ork": "1"})

    review = resident.submit(other, form, steg="granska", **{"svar-timmar": "8"})

    assert "Granska dina svar" in review.text
    assert answers_of(local, anna) == {"sover": "ja", "ork": "1", "timmar": "8"}


def test_two_answers_to_one_question_are_both_shown_and_the_resident_chooses(
    local: Local, resident: Resident, anna: str, form: str
) -> None:
    one, other = resident.get(form), resident.get(form)
    resident.submit(one, form, steg="pausa", **ALL)

    asked = resident.submit(other, form, steg="pausa", **ALL | {"svar-mer": "Jo", "svar-ork": "0"})

    assert asked.status_code == 409
    assert "2 svar har ändrats i en" in asked.text
    for answer in ("Nej", "Jo", "Allt", "Inget"):
        assert f'<span class="text">{answer}</span>' in asked.text
    assert answers_of(local, anna) == SAVED
    resident.submit(asked, form, steg="pausa", **{"val-mer": "mitt", "val-ork": "sparat"})
    assert answers_of(local, anna) == SAVED | {"mer": "Jo"}


def test_a_question_about_two_answers_stands_until_it_is_answered(
    local: Local, resident: Resident, anna: str, form: str
) -> None:
    one, other = resident.get(form), resident.get(form)
    resident.submit(one, form, steg="pausa", **ALL)
    asked = resident.submit(other, form, steg="pausa", **ALL | {"svar-mer": "Jo"})

    again = resident.submit(asked, form, steg="pausa")

    assert "Välj ett av svaren." in again.text
    assert '<span class="text">Jo</span>' in again.text
    assert answers_of(local, anna) == SAVED


def test_what_is_saved_while_the_resident_chooses_is_asked_about_too(
    local: Local, resident: Resident, anna: str, form: str
) -> None:
    one, other = resident.get(form), resident.get(form)
    resident.submit(one, form, steg="pausa", **ALL)
    asked = resident.submit(other, form, steg="pausa", **ALL | {"svar-mer": "Jo"})
    saved = resident.get(form)
    resident.submit(saved, form, steg="pausa", **ALL | {"svar-mer": "Kanske"})

    again = resident.submit(asked, form, steg="pausa", **{"val-mer": "mitt"})

    assert again.status_code == 409
    assert '<span class="text">Kanske</span>' in again.text
    assert answers_of(local, anna) == SAVED | {"mer": "Kanske"}


def test_only_what_the_review_showed_is_sent_in(
    local: Local, resident: Resident, anna: str, form: str
) -> None:
    review = resident.submit(resident.get(form), form, steg="granska", **ALL)
    other = resident.get(form)
    resident.submit(other, form, steg="pausa", **ALL | {"svar-mer": "Jo"})

    asked = resident.submit(review, f"{form}/bekrafta")

    assert asked.status_code == 409
    assert "Ett svar har ändrats i en" in asked.text
    assert status_of(local, anna) == "PENDING_COMPLETION"
    review = resident.submit(asked, form, steg="granska", **{"val-mer": "mitt"})
    resident.submit(review, f"{form}/bekrafta")
    assert status_of(local, anna) == "COMPLETED"
    assert answers_of(local, anna) == SAVED


def test_confirming_twice_leads_to_the_same_receipt(
    local: Local, resident: Resident, anna: str, form: str
) -> None:
    review = resident.submit(resident.get(form), form, steg="granska", **ALL)
    resident.submit(review, f"{form}/bekrafta")

    again = resident.submit(review, f"{form}/bekrafta")

    assert again.url.path == f"{form}/kvitto"
    assert "Tack för dina svar" in again.text


def test_what_a_tab_still_has_when_the_form_is_sent_in_is_shown_to_its_resident(
    local: Local, resident: Resident, anna: str, form: str
) -> None:
    old = resident.get(form)
    review = resident.submit(resident.get(form), form, steg="granska", **ALL)
    resident.submit(review, f"{form}/bekrafta")

    page = resident.submit(old, form, steg="pausa", **ALL | {"svar-mer": "Jo"})

    assert page.status_code == 409
    assert "redan besvarat" in page.text
    assert "<dd>Jo</dd>" in page.text
    assert "<dd>Allt</dd>" not in page.text
    assert answers_of(local, anna) == SAVED


def test_the_review_of_a_form_that_is_sent_in_has_nothing_to_confirm(
    local: Local, resident: Resident, anna: str, form: str
) -> None:
    local.control("answer", {"formId": form.rpartition("/")[2]})

    page = resident.get(f"{form}/granska")

    assert page.url.path == form
    assert "Bekräfta" not in page.text


def test_a_form_link_makes_a_form_for_whom_its_page_said(
    local: Local, resident: Resident, anna: str
) -> None:
    child = local.add_person(a_personnummer(date(2016, 6, 1)), guardians=anna)
    resident.sign_in(ref_of(local, anna))
    link = resident.get(f"/etjanst/{NAFS}?externalApplication=UTSKICK_{UNIT}")
    resident.post("/ombud", ref=str(ref_of(local, child)))

    resident.submit(link, f"/etjanst/{NAFS}")

    assert (len(local.forms_of(anna)), len(local.forms_of(child))) == (1, 0)

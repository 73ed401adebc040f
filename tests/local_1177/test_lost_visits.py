"""A visit that is lost: what was filled in comes back to its resident, and to nobody else."""

from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.local_1177.conftest import Local, Resident, hidden_fields, ref_of, served
from tests.local_1177.region import NAFS, UNIT
from utskick.local_1177.app import create_app

ALL = {"svar-sover": "ja", "svar-ork": "1", "svar-timmar": "8", "svar-mer": "Ont i knät"}
SECRET = "Ont i knät"
LOST = "Du är inte inloggad längre"


@dataclass
class Filled:
    """Anna's form, filled in on a page that was shown before the visit was lost."""

    local: Local
    resident: Resident
    anna: str
    form: str
    page: httpx.Response

    @property
    def ref(self) -> str:
        return str(ref_of(self.local, self.anna))

    def lose_visit(self) -> None:
        self.resident.client.cookies.clear()

    def post(self, steg: str = "pausa") -> httpx.Response:
        return self.resident.submit(self.page, self.form, steg=steg, **ALL)

    def sign_in(self, page: httpx.Response, ref: str) -> httpx.Response:
        return self.resident.submit(page, "/logga-in", ref=ref)

    @property
    def answers(self) -> dict[str, str]:
        answers: dict[str, str] = self.local.forms_of(self.anna)[0]["answers"]
        return answers


@pytest.fixture
def filled(local: Local, resident: Resident, anna: str) -> Filled:
    resident.sign_in(ref_of(local, anna))
    form = f"/formular/{local.create(anna)}"
    return Filled(local, resident, anna, form, resident.get(form))


@pytest.fixture
def bo(local: Local) -> str:
    return str(ref_of(local, local.add_person(given_name="Bo", surname="Ek")))


@pytest.mark.parametrize("steg", ["pausa", "granska"])
def test_what_was_filled_in_comes_back_after_the_sign_in(filled: Filled, steg: str) -> None:
    filled.lose_visit()
    lost = filled.post(steg)

    back = filled.sign_in(lost, filled.ref)

    assert LOST in lost.text
    assert back.url.path == filled.form
    assert "Det du fyllde i finns kvar här" in back.text
    assert SECRET in back.text
    assert 'name="svar-ork" value="1" checked' in back.text
    assert filled.answers == {}
    filled.resident.submit(back, filled.form, steg="pausa", **ALL)
    assert filled.answers["mer"] == SECRET
    assert "Det du fyllde i finns kvar här" not in filled.resident.get(filled.form).text


def test_it_is_still_there_when_the_page_is_loaded_anew(filled: Filled) -> None:
    filled.lose_visit()
    filled.sign_in(filled.post(), filled.ref)

    assert SECRET in filled.resident.get(filled.form).text


def test_neither_address_nor_source_of_the_sign_in_says_it(filled: Filled) -> None:
    filled.lose_visit()

    lost = filled.post()

    assert lost.url.query == b""
    assert SECRET not in lost.text
    assert "svar-" not in lost.text


def test_searching_for_oneself_does_not_lose_it(filled: Filled) -> None:
    filled.lose_visit()
    found = filled.resident.submit(filled.post(), "/sok", namn="anna")

    back = filled.sign_in(found, filled.ref)

    assert SECRET in back.text


def test_another_resident_who_signs_in_never_sees_it(filled: Filled, bo: str) -> None:
    filled.lose_visit()
    lost = filled.post()

    start = filled.sign_in(lost, bo)

    assert start.url.path == "/"
    assert "Bo Ek" in start.text
    assert SECRET not in start.text
    assert SECRET not in filled.resident.get(filled.form).text
    assert filled.answers == {}


def test_an_old_tab_of_another_resident_shows_nothing_and_carries_on_after_signing_out(
    filled: Filled, bo: str
) -> None:
    filled.resident.sign_in(int(bo))

    refused = filled.post()
    signed_out = filled.resident.submit(refused, "/logga-ut")
    back = filled.sign_in(signed_out, filled.ref)

    assert refused.status_code == 403
    assert "Du är inloggad som någon annan" in refused.text
    assert SECRET not in refused.text + signed_out.text
    assert SECRET in back.text


def test_whoever_has_signed_in_again_in_another_tab_goes_straight_on(filled: Filled) -> None:
    filled.resident.sign_in(int(filled.ref))

    back = filled.post()

    assert back.url.path == filled.form
    assert SECRET in back.text


def test_a_sign_in_page_that_has_grown_old_still_carries_it(filled: Filled) -> None:
    filled.lose_visit()
    lost = filled.post()
    filled.resident.sign_in(int(filled.ref))

    back = filled.sign_in(lost, filled.ref)

    assert SECRET in back.text


def test_answers_that_were_saved_meanwhile_are_asked_about(filled: Filled) -> None:
    filled.lose_visit()
    lost = filled.post()
    back = filled.sign_in(lost, filled.ref)
    other = hidden_fields(back) | {"grund": "{}", "svar-mer": "Annat", "steg": "pausa"}
    filled.resident.client.post(filled.form, data=other)

    asked = filled.resident.submit(back, filled.form, steg="pausa", **ALL)

    assert asked.status_code == 409
    assert SECRET in asked.text
    assert "Annat" in asked.text


def test_a_choice_between_two_answers_comes_back_as_the_same_question(filled: Filled) -> None:
    other = filled.resident.get(filled.form)
    filled.resident.submit(other, filled.form, steg="pausa", **ALL | {"svar-mer": "Annat"})
    filled.page = filled.post()
    filled.lose_visit()
    lost = filled.resident.submit(filled.page, filled.form, **{"val-mer": "mitt"})

    back = filled.sign_in(lost, filled.ref)

    assert "Vilka svar ska gälla?" in back.text
    assert SECRET in back.text
    assert "Annat" in back.text


def test_a_confirmation_comes_back_as_the_review_and_sends_nothing_in(filled: Filled) -> None:
    review = filled.post("granska")
    filled.lose_visit()
    lost = filled.resident.submit(review, f"{filled.form}/bekrafta")

    back = filled.sign_in(lost, filled.ref)

    assert back.url.path == f"{filled.form}/granska"
    assert "Inget är inskickat än." in back.text
    assert filled.local.forms_of(filled.anna)[0]["formStatus"] == "PENDING_COMPLETION"
    receipt = filled.resident.submit(back, f"{filled.form}/bekrafta")
    assert "Tack för dina svar" in receipt.text


def test_a_confirmation_of_what_has_changed_meanwhile_comes_back_as_a_question(
    filled: Filled,
) -> None:
    review = filled.post("granska")
    filled.resident.submit(
        filled.resident.get(filled.form), filled.form, steg="pausa", **ALL | {"svar-mer": "Annat"}
    )
    filled.lose_visit()

    back = filled.sign_in(filled.resident.submit(review, f"{filled.form}/bekrafta"), filled.ref)

    assert "Vilka svar ska gälla?" in back.text
    assert SECRET in back.text


def test_a_form_that_closed_meanwhile_shows_what_was_filled_in(filled: Filled) -> None:
    filled.lose_visit()
    lost = filled.post()
    filled.local.control("answer", {"formId": filled.form.rpartition("/")[2]})

    back = filled.sign_in(lost, filled.ref)

    assert "redan besvarat" in back.text
    assert SECRET in back.text
    assert SECRET not in filled.resident.get(filled.form).text


def test_a_form_link_that_was_lost_is_opened_again(
    local: Local, resident: Resident, anna: str
) -> None:
    resident.sign_in(ref_of(local, anna))
    link = resident.get(f"/etjanst/{NAFS}?externalApplication=UTSKICK_{UNIT}")
    resident.client.cookies.clear()

    lost = resident.submit(link, f"/etjanst/{NAFS}")
    back = resident.submit(lost, "/logga-in", ref=str(ref_of(local, anna)))

    assert LOST in lost.text
    assert "Öppna formuläret" in back.text
    assert local.forms_of(anna) == []


@pytest.mark.parametrize("forged", ["", "x", "gAAAAABnonsense", "å"])
def test_what_nobody_sealed_carries_nothing(filled: Filled, forged: str) -> None:
    filled.lose_visit()
    lost = filled.post()

    page = filled.resident.submit(lost, "/logga-in", ref=filled.ref, buret=forged)

    assert page.url.path == "/"
    assert SECRET not in filled.resident.get(filled.form).text


def test_it_outlives_a_restart(tmp_path: Path, region: Path) -> None:
    state = tmp_path / "state.db"
    tolvan = "191212121212"
    with served(create_app(state, region)) as url:
        before = Local(url)
        form = f"/formular/{before.create(tolvan, expireDate='29990101')}"
        ref = ref_of(before, tolvan)
        resident = Resident(before)
        resident.sign_in(ref)
        page = resident.get(form)
        cookies = dict(resident.client.cookies)
        resident.close()
        before.client.close()

    with served(create_app(state, region)) as url:
        after = Resident(Local(url))
        after.client.cookies.update(cookies)
        lost = after.submit(page, form, steg="pausa", **ALL)
        back = after.submit(lost, "/logga-in", ref=str(ref))
        after.close()

    assert LOST in lost.text
    assert SECRET in back.text

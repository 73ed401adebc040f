"""Visa Formulär: a form as residents see it, for staff to look at."""

import pytest

from tests.local_1177.conftest import Local
from tests.local_1177.region import ARCHIVED, NAFS, OWN


def preview(local: Local, template_id: str) -> str:
    answer = local.client.get(f"{local.url}/forhandsgranska/{template_id}")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize(
    ("template_id", "name"), [(OWN, "egen"), (NAFS, "nationell"), (ARCHIVED, "gammal")]
)
def test_every_form_can_be_looked_at_archived_ones_too(
    local: Local, template_id: str, name: str
) -> None:
    local.control(f"templates/{ARCHIVED}/archive")

    page = preview(local, template_id)

    assert f"Frågor {name}" in page
    assert "Om hur du mår." in page


def test_each_question_is_shown_with_what_can_be_answered(local: Local) -> None:
    page = preview(local, OWN)

    for text in ("Sover du bra?", "<li>Ja</li>", "<li>Allt</li>", "Ett tal", "Fri text"):
        assert text in page


def test_nothing_can_be_answered_or_kept(local: Local) -> None:
    before = local.client.get(f"{local.url}/control/truth").json()

    page = preview(local, OWN)

    assert "<form" not in page
    assert "<input" not in page
    assert local.client.get(f"{local.url}/control/truth").json() == before


def test_a_form_that_is_not_there_is_not_found(local: Local) -> None:
    answer = local.client.get(f"{local.url}/forhandsgranska/{OWN[:-1]}9")

    assert answer.status_code == 404

"""What a page carries may have been changed on its way: nothing of that breaks the page."""

import pytest

from utskick.web.pages.carried_list import Report
from utskick.web.pages.list_question import AskedOfList


@pytest.mark.parametrize(
    "forged",
    ["", "[", "[Infinity,[],[]]", "[NaN,[],[]]", "[1,[[1,2]],[]]", "[" * 100_000, "[1,2,3]"],
)
def test_a_report_that_no_page_has_carried_is_none(forged: str) -> None:
    assert Report.read(forged) is None


@pytest.mark.parametrize("forged", ["", "-1", "1", "01", "x", "9" * 5_000])
def test_an_option_that_was_not_offered_takes_nobody(forged: str) -> None:
    asked = AskedOfList.model_validate({"sentence": "", "options": [{"cells": []}]})

    assert asked.chosen("0") is not None
    assert asked.chosen(forged) is None

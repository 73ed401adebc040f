"""What the service platform refuses, in words."""

from datetime import UTC, datetime

import pytest

from utskick.domain.platform_refusals import Outage
from utskick.rivta.faults import NEVER_FORWARDED

SINCE = datetime(2027, 2, 1, 11, tzinfo=UTC)
CALLED = "CreateFormRequest"


@pytest.mark.parametrize("code", sorted(NEVER_FORWARDED))
def test_each_of_its_codes_says_what_is_wrong_and_whom_to_call(code: str) -> None:
    outage, unheard_of = Outage(code, CALLED, SINCE), Outage("VP999", CALLED, SINCE)

    assert outage.what != unheard_of.what
    assert outage.remedy.endswith(".")
    assert not outage.what.endswith(".")


def test_a_code_that_is_new_has_words_too() -> None:
    outage = Outage("VP999", CALLED, SINCE)

    assert outage.what == "Tjänsteplattformen släpper inte fram anropen"
    assert "ring tjänsteplattformens förvaltning" in outage.remedy


@pytest.mark.parametrize("code", ["VP004", "VP007"])
def test_an_agreement_and_an_address_are_one_contracts(code: str) -> None:
    assert Outage(code, CALLED, SINCE).as_shown.contract == CALLED


@pytest.mark.parametrize("code", ["VP002", "VP008", "VP013"])
def test_a_certificate_or_an_ill_platform_is_about_all_that_is_called(code: str) -> None:
    assert Outage(code, CALLED, SINCE).as_shown.contract == ""

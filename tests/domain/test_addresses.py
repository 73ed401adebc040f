"""Mail addresses that every relay can take."""

import pytest
from pydantic import TypeAdapter, ValidationError

from utskick.domain.addresses import MailAddress, ascii_address

READ = TypeAdapter(MailAddress).validate_python


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("chef@vgregion.se", "chef@vgregion.se"),
        ("chef@borås.se", "chef@xn--bors-soa.se"),
        ("chef@xn--bors-soa.se", "chef@xn--bors-soa.se"),
    ],
)
def test_a_domain_is_kept_as_relays_spell_it(typed: str, kept: str) -> None:
    assert READ(typed) == kept


@pytest.mark.parametrize("typed", ["åsa@vgregion.se", "a\u030asa@vgregion.se", "åsa@borås.se"])
def test_a_mailbox_that_no_relay_can_spell_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="outside ASCII"):
        READ(typed)


@pytest.mark.parametrize("kept", ["åsa@vgregion.se", "åsa", "chef@bor ås.se"])
def test_what_was_kept_before_may_have_no_spelling(kept: str) -> None:
    assert ascii_address(kept) is None

"""The forms desk always gets a mail."""

import pytest

from utskick.domain.packages import FORMS_DESK, with_forms_desk


@pytest.mark.parametrize(
    "addresses",
    [(), ("chef@vgregion.se",), ("chef@vgregion.se", FORMS_DESK), (" chef@vgregion.se ", "")],
)
def test_the_forms_desk_comes_first_and_once(addresses: tuple[str, ...]) -> None:
    mailed = with_forms_desk(addresses)

    assert mailed[0] == FORMS_DESK
    assert set(mailed) <= {FORMS_DESK, "chef@vgregion.se"}
    assert len(set(mailed)) == len(mailed)


def test_one_mailbox_in_two_spellings_gets_one_mail() -> None:
    addresses = ("Chef@vgregion.se", "chef@vgregion.se", FORMS_DESK.title())

    assert with_forms_desk(addresses) == (FORMS_DESK, "Chef@vgregion.se")


def test_an_installation_may_have_a_forms_desk_of_its_own() -> None:
    assert with_forms_desk((), forms_desk="formular@exempel.se") == ("formular@exempel.se",)

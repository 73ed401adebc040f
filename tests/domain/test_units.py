"""HSA-ids are compared without regard to case, and nothing else is taken for one."""

import pytest

from utskick.domain.units import InvalidHsaId, parse_hsa_id


@pytest.mark.parametrize(
    "typed",
    [
        "SE2321000131-E000000000101",
        "se2321000131-e000000000101",
        "  SE2321000131-E000000000101\n",
        "SE2321000131\u2011E000000000101",
        "\ufeffSE2321000131\u2013E000000000101\u200b",
    ],
)
def test_an_hsa_id_is_read_as_it_is_typed(typed: str) -> None:
    assert parse_hsa_id(typed) == "SE2321000131-E000000000101"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "SE2321000131",
        "SE2321000131-",
        "SE232100013-E1",
        "NO2321000131-E1",
        "SE2321000131-E1 2",
        "SE2321000131-Å1",
        "SE\uff12321000131-E1",
        "SE2321000131-E1\nSE2321000131-E2",
        "SE2321000131-" + "E" * 19,
    ],
)
def test_nothing_else_is_an_hsa_id(typed: str) -> None:
    with pytest.raises(InvalidHsaId) as caught:
        parse_hsa_id(typed)

    assert "SE2321000131-E000000000001" in caught.value.staff_message


def test_its_digits_are_an_organisation_number() -> None:
    with pytest.raises(InvalidHsaId) as caught:
        parse_hsa_id("SE2321000113-E000000000101")

    assert "inget organisationsnummer" in caught.value.staff_message


def test_thirty_one_characters_are_the_most() -> None:
    longest = "SE2321000131-" + "E" * 18

    assert len(parse_hsa_id(longest)) == 31

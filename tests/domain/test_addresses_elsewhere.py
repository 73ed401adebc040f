"""Mail about errors stays at the region's own domains."""

import pytest

from utskick.domain.addresses import outside

OURS = ("vgregion.se", "Narhalsan.SE")


@pytest.mark.parametrize(
    "address",
    [
        "desk@vgregion.se",
        "desk@VGREGION.se",
        "desk@su.vgregion.se",
        "desk@narhalsan.se",
    ],
)
def test_an_address_of_the_regions_is_inside(address: str) -> None:
    assert outside([address], OURS) == []


@pytest.mark.parametrize(
    "address",
    [
        "desk@evil.example",
        "desk@vgregion.se.evil.example",
        "desk@evilvgregion.se",
        "desk@se",
        "vgregion.se@evil.example",
        '"a@vgregion.se"@evil.example',
    ],
)
def test_an_address_that_only_looks_like_it_is_outside(address: str) -> None:
    assert outside([address, "desk@vgregion.se"], OURS) == [address]


def test_without_domains_all_are_inside() -> None:
    assert outside(["desk@evil.example"], ()) == []

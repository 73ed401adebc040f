"""Which faults of the platform say that nothing was applied."""

import pytest

from utskick.rivta.faults import platform_fault, platform_text


@pytest.mark.parametrize("number", range(1, 16))
def test_all_but_vp009_come_before_anybody_was_called(number: int) -> None:
    code = f"VP{number:03}"

    fault = platform_fault(platform_text(code, "NTJP-PROD", "whatever"))

    assert fault is not None
    assert (fault.code, fault.platform) == (code, "NTJP-PROD")
    assert fault.never_forwarded is (code != "VP009")


@pytest.mark.parametrize(
    ("text", "called", "certain"),
    [
        ("VP007 [NTJP-PROD] no agreement", "NTJP-PROD", True),
        ("VP007 [ntjp-prod ] no agreement", " NTJP-Prod", True),
        ("  VP007 [NTJP-PROD]", "NTJP-PROD", True),
        ("VP007: [NTJP-PROD] no agreement", "NTJP-PROD", True),
        ("VP007 [NTJP-PROD] no agreement", "VGR-PROD", False),
        ("VP007 [NTJP-PROD] no agreement", "", False),
        ("VP007 no agreement", "NTJP-PROD", False),
        ("VP007 [] no agreement", "", False),
        ("VP009 [NTJP-PROD] timed out", "NTJP-PROD", False),
        ("VP016 [NTJP-PROD] a new one", "NTJP-PROD", False),
        ("VP000 [NTJP-PROD] none", "NTJP-PROD", False),
    ],
)
def test_only_the_platform_that_was_called_is_certain(
    text: str, called: str, certain: bool
) -> None:
    fault = platform_fault(text)

    assert fault is not None
    assert fault.certain_from(called) is certain


@pytest.mark.parametrize(
    "text", ["", "no such form", "VP0071 [X]", "VP07 [X]", "vp007 [X]", "it said VP007 [X]"]
)
def test_what_does_not_begin_as_the_platform_does_is_the_producers(text: str) -> None:
    assert platform_fault(text) is None

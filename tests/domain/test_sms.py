import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utskick.domain.sms import (
    InvalidMobileNumber,
    costly,
    count,
    links_elsewhere,
    normalise,
    parse_mobile,
    replaced,
    sms_address,
)

QUICK = settings(max_examples=200, derandomize=True, deadline=None)


@pytest.mark.parametrize(
    "typed",
    [
        "0701740605",
        "070-174 06 05",
        "+46701740605",
        "0046 70 174 06 05",
        " 070 1740605 ",
        "\u202a070\u2010174\u00a006\u00a005\u202c",
    ],
)
def test_a_mobile_number_is_read_as_people_write_it(typed: str) -> None:
    number = parse_mobile(typed)

    assert sms_address(number) == "0701740605@sms.vgregion.se"
    assert "1740605" not in f"{number} {number!r}"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "070",
        "0311740605",
        "0781740605",
        "+4790123456",
        "0701740605;ext=1",
        "0701740605 ext 5",
        "0701740605@evil.se",
        "0701740605@evil.se,0701740606",
        "0701740605\r\nBcc: x@y.se",
        "\uff10701740605",
        "070174060501",
    ],
)
def test_any_other_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidMobileNumber) as caught:
        parse_mobile(typed)

    assert "mobilnummer" in caught.value.staff_message
    assert "174" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("åäöÅÄÖ" * 26, "GSM-7", 1),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("\u20ac[]{}" * 16 + "a", "GSM-7", 2),
        ("…" * 70, "UCS-2", 1),
        ("…" * 71, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),
        ("…" * 66 + "😀" + "…" * 66, "UCS-2", 3),
        ("\ud800", "UCS-2", 1),
    ],
)
def test_parts_are_counted_as_operators_charge_them(text: str, encoding: str, parts: int) -> None:
    counted = count(text)

    assert (counted.encoding, counted.parts) == (encoding, parts)


def test_typography_does_not_make_a_text_dearer() -> None:
    text = "“Hej” – vi hörs … det är lugnt" + "a" * 120

    assert count(text).encoding == "UCS-2"
    assert count(normalise(text)).encoding == "GSM-7"
    assert normalise("a\u030a") == "å"


def test_what_is_replaced_and_what_costs_is_shown() -> None:
    assert replaced("Hej – vi hörs…\u00a0") == {"–": "-", "…": "..."}
    assert replaced("Hej - vi hörs") == {}
    assert costly("Hälsa på 😀 oss 😀 {nu}") == ["😀"]


@given(st.text(max_size=400))
@QUICK
def test_a_longer_text_never_costs_less(text: str) -> None:
    counted = [count(text[:length]).parts for length in range(0, len(text) + 1, 40)]

    assert counted == sorted(counted)


OURS = ("1177.se", "vgregion.se")


@pytest.mark.parametrize(
    "text",
    [
        "Svara på https://formular.1177.se/x?y=1177 idag.",
        "Läs mer på 1177.se, eller ring 031-390 06 11.",
        "Logga in på FORMULAR.1177.SE.",
        "Kom kl. 8.30 den 1.2 till t.ex. Kungsgatan 3.",
        "",
    ],
)
def test_a_link_to_us_needs_no_question(text: str) -> None:
    assert links_elsewhere(text, OURS) == []


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Svara på https://bit.ly/x", "bit.ly"),
        ("Gå till evil.example/1177.se nu", "evil.example"),
        ("https://1177.se.evil.example/", "1177.se.evil.example"),
        ("https://1177.se@evil.example/", "evil.example"),
        ("https://evil.example\\@1177.se/", "evil.example"),
        ("https://evil.example?@1177.se", "evil.example"),
        ("https://evil.example#1177.se", "evil.example"),
        ("HTTPS://EVIL.EXAMPLE:443/", "evil.example"),
        ("http://192.0.2.7/", "192.0.2.7"),
        ("evil1177.se", "evil1177.se"),
        ("logga-in\u20131177.se", "logga-in-1177.se"),
        ("logga-in\u22121177.se/", "logga-in-1177.se"),
        ("evil\u3002example", "evil.example"),
        ("mejla a@evil.example", "evil.example"),
        ("https://evil\uff0eexample/", "evil.example"),
        ("https://åäö.example/", "åäö.example"),
    ],
)
def test_a_link_elsewhere_is_named_by_its_host(text: str, host: str) -> None:
    assert links_elsewhere(text, OURS) == [host]

"""Texts: the repository's own, and what staff write, which is never run."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, TemplateNotFound, UndefinedError

from utskick.adapters.jinja_texts import JinjaTexts
from utskick.domain.sms import count, normalise
from utskick.files import TEMPLATES

ALLOWED = ("enhet", "besvaras_senast", "kontakt", "titel")
VALUES = {name: f"[{name}]" for name in ALLOWED}
MAIL_VALUES: dict[str, Any] = {
    "package_name": "Inför besök",
    "is_package": True,
    "unit_name": "Mottagningen Björkängen",
    "unit_id": "SE2321000131-E000000000101",
    "dispatch_id": "7f0c",
    "occasion_number": 2,
    "occasions": 3,
    "local_time": "2027-03-02 08:00",
    "archived": ["PHQ-9"],
    "unsubscribed": ["Smärtskattning"],
    "counts": [["Skyddad identitet", 2]],
    "planned": 10,
    "sent": 8,
    "until": "2027-02-01 12:00",
    "hits": ["Veckoskattning"],
    "missing": 1,
    "extra": 4,
    "twice": 2,
    "pairs": [["form-1", "form-2"]],
    "day": "2027-03-02",
    "number": 4,
    "seen_at": "2027-03-02 08:00",
    "heads": ["{}"],
    "code": "VP007",
    "contract": "CreateFormRequest",
    "what": "Utskick saknar behörighet",
    "remedy": "ring dem.",
    "unclear": True,
    "most_unclear_calls": 5,
    "since": "2027-03-02 08:00",
    "setting": "UTSKICK_PLATFORM__CLIENT_CERTIFICATE",
    "path": "/etc/utskick/ours.pem",
    "state": "ends soon",
    "service": "tjänsteplattformen",
    "ends_on": "2027-03-02 08:00",
    "days": 0,
}
ABOUT = {
    "mail/log_broken.txt": "Logg",
    "mail/log_heads.txt": "Logg",
    "mail/platform.txt": "CreateFormRequest",
    "mail/certificate.txt": "tjänsteplattformen",
}
"""What the subject of a mail names that is about no unit."""
MAILS = sorted(
    f"mail/{path.name}" for path in (TEMPLATES / "mail").glob("*.txt") if path.stem != "parts"
)

BOMBS = [
    "{{ 'a' * 10 ** 9 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ range(10 ** 9) | list }}",
    "{% for _ in range(10 ** 9) %}a{% endfor %}",
    "{% set x = 'a' * 10 ** 9 %}",
    "{{ ('a' * 10 ** 5).join('b' * 10 ** 5) }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ enhet | center(10 ** 9) }}",
    "{{ lipsum(n=10 ** 6) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'mail/ledger.txt' %}",
    "{{ " + "(" * 3900,
    "{{" * 1900,
    "{{ " + "enhet " * 600,
    "{{" + " " * 3900,
]


@pytest.fixture(scope="module")
def texts() -> JinjaTexts:
    return JinjaTexts()


def test_placeholders_are_replaced(texts: JinjaTexts) -> None:
    message = "Hej!\n\n{{ enhet }} ber dig svara senast {{besvaras_senast}}.\n"

    assert not texts.unknown_placeholders(message, allowed=ALLOWED)
    assert texts.fill_in(message, {"enhet": "Björkängen", "besvaras_senast": "2027-03-02"}) == (
        "Hej!\n\nBjörkängen ber dig svara senast 2027-03-02.\n"
    )


def test_a_value_is_not_looked_through_for_placeholders(texts: JinjaTexts) -> None:
    filled = texts.fill_in("{{ enhet }}", {"enhet": "{{ kontakt }}", "kontakt": "hemligt"})

    assert filled == "{{ kontakt }}"


@pytest.mark.parametrize(
    ("message", "fragment"),
    [
        ("Hej {{ namn }}!", "{{ namn }}"),
        ("Hej {{ enhet | upper }}!", "{{ enhet | upper }}"),
        ("Hej {{ enhet.__class__ }}!", "{{ enhet.__class__ }}"),
        ("Hej {{ enhet() }}!", "{{ enhet() }}"),
        ("Hej {{ enhet ~ kontakt }}!", "{{ enhet ~ kontakt }}"),
        ("Hej {{- enhet -}}!", "{{- enhet -}}"),
        ("Hej {{{ enhet }}}!", "{{{ enhet }}"),
        ("Hej {{ }}!", "{{ }}"),
        ("Hej {{ enhet\noch hej", "{{ enhet"),
        ("Hej {% if enhet %}du{% endif %}!", "{% if enhet %}"),
        ("Hej {# hemligt #}!", "{# hemligt #}"),
        ("{% raw %}{{ enhet }}{% endraw %}", "{% raw %}"),
        ("{{ en_mycket_lang_platshallare_utan_slut }}", "{{ en_mycket_lang_platshallare…"),
    ],
)
def test_whatever_is_not_text_or_an_allowed_placeholder_is_reported(
    texts: JinjaTexts, message: str, fragment: str
) -> None:
    assert texts.unknown_placeholders(message, allowed=ALLOWED)[0] == fragment


@pytest.mark.parametrize("message", ["", "{ enhet }", "100 % {säkert} #1", "}} %}", "{enhet}}"])
def test_lone_braces_are_text(texts: JinjaTexts, message: str) -> None:
    assert not texts.unknown_placeholders(message, allowed=ALLOWED)
    assert texts.fill_in(message, VALUES) == message


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_once(texts: JinjaTexts, bomb: str) -> None:
    begun = time.thread_time()

    unknown = texts.unknown_placeholders(bomb, allowed=ALLOWED)

    assert unknown
    assert all(len(fragment) <= 31 for fragment in unknown)
    assert time.thread_time() - begun < 0.5


def test_a_message_has_at_most_4000_characters(texts: JinjaTexts) -> None:
    assert not texts.unknown_placeholders("a" * 4000, allowed=ALLOWED)
    assert texts.unknown_placeholders("a" * 4001, allowed=ALLOWED)


def test_a_placeholder_without_a_value_is_an_error(texts: JinjaTexts) -> None:
    with pytest.raises(KeyError):
        texts.fill_in("{{ namn }}", VALUES)


PIECES = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{",
    "}",
    " ",
    "\n",
    "-",
    "|",
    "enhet",
    "{{ enhet }}",
]


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "hej", "é", "{{kontakt}}", "\u00a0"]), max_size=12))
def test_what_is_accepted_means_the_same_to_jinja(pieces: list[str]) -> None:
    texts, message = JinjaTexts(), "".join(pieces)

    if not texts.unknown_placeholders(message, allowed=ALLOWED):
        jinja = Environment(keep_trailing_newline=True, autoescape=True).from_string(message)
        assert texts.fill_in(message, VALUES) == jinja.render(VALUES)


@pytest.mark.parametrize("name", MAILS)
def test_every_mail_has_a_subject_a_blank_line_and_a_body(texts: JinjaTexts, name: str) -> None:
    subject, blank, *body = texts.render(name, MAIL_VALUES).splitlines()

    assert ABOUT.get(name, "Mottagningen Björkängen") in subject
    assert blank == ""
    assert "Att göra:" in body
    assert "\n\n\n" not in "\n".join(body)


def test_a_mail_about_blocked_forms_names_them_all(texts: JinjaTexts) -> None:
    for name in ("mail/blocked_start.txt", "mail/aborted.txt", "mail/template_watch.txt"):
        mail = texts.render(name, MAIL_VALUES)

        assert "Arkiverade formulärmallar:\n- PHQ-9\n" in mail
        assert "Gemensamma mallar som saknar prenumeration:\n- Smärtskattning\n" in mail


def test_a_mail_about_an_occasion_says_which_and_why(texts: JinjaTexts) -> None:
    for name in ("mail/missed.txt", "mail/not_sent.txt", "mail/manual.txt"):
        mail = texts.render(name, MAIL_VALUES)

        assert "illfälle 2 av 3" in mail
        assert "2027-03-02 08:00" in mail
        assert "- Skyddad identitet: 2\n" in mail


@pytest.mark.parametrize("sender", ["", "Region Väst"])
@pytest.mark.parametrize("number", [1, 3, 12])
def test_an_sms_about_ongoing_forms_is_short_and_names_only_who_staff_chose(
    texts: JinjaTexts, number: int, sender: str
) -> None:
    values = {"count": number, "link": "https://formular.1177.se", "sender": sender, "contact": ""}

    text = texts.render("sms/ongoing_forms.txt", values)

    assert {1: "ett formulär", 3: "tre formulär", 12: "12 formulär"}[number] in text
    assert "https://formular.1177.se" in text
    assert text.endswith(f"Hälsningar {sender}\n" if sender else "när du är klar.\n")
    assert (count(normalise(text)).encoding, count(normalise(text)).parts) == ("GSM-7", 2)


def test_an_sms_with_a_form_link_holds_it_whole(texts: JinjaTexts) -> None:
    link = (
        "https://formular.1177.se/etjanst/00000000-0000-4000-8000-000000000001"
        "?externalApplication=UTSKICK_SE2321000131-E000000000101"
    )
    values = {"link": link, "sender": "", "contact": "031-390 06 11"}

    lines = texts.render("sms/form_link.txt", values).splitlines()

    assert link in lines
    assert lines[-1] == "Frågor? Kontakta oss: 031-390 06 11"


def test_the_message_for_one_form_is_one_that_staff_could_have_written(texts: JinjaTexts) -> None:
    message = texts.read("inbox/single_form.txt")

    assert not texts.unknown_placeholders(message, allowed=ALLOWED)
    assert "[enhet]" in texts.fill_in(message, VALUES)


def test_a_missing_value_is_an_error_and_not_a_gap(texts: JinjaTexts) -> None:
    with pytest.raises(UndefinedError):
        texts.render("mail/ledger.txt", {})


def test_html_is_escaped_and_plain_text_is_not(tmp_path: Path) -> None:
    for name in ("a.html", "a.txt"):
        (tmp_path / name).write_text("{{ name }}", encoding="utf-8")
    texts = JinjaTexts(tmp_path)

    assert texts.render("a.html", {"name": "<b>"}) == "&lt;b&gt;"
    assert texts.render("a.txt", {"name": "<b>"}) == "<b>"


def test_only_texts_of_the_folder_can_be_read(texts: JinjaTexts) -> None:
    with pytest.raises(TemplateNotFound):
        texts.read("../pyproject.toml")

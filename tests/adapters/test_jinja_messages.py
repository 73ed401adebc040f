"""Messages that staff write: what they may hold, and that nothing of it can do any harm."""

import re
import time
from datetime import date
from datetime import time as time_of_day
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from utskick.adapters.jinja_texts import JinjaTexts
from utskick.domain.languages import LANGUAGES, SWEDISH
from utskick.domain.message_names import LONGEST_FILLED_IN, LONGEST_VALUE, NAMES, MessageValues
from utskick.domain.schedules import AnswerBy

VALUES: dict[str, Any] = {
    "enhet": "Björkängen",
    "kontakt": "031-390 06 00",
    "titel": "Inför besöket",
    "antal_formular": 4,
    "besvaras_senast": AnswerBy(date(2027, 11, 30)),
    "tillfalle": 2,
    "antal_tillfallen": 3,
    "forsta_tillfallet": False,
    "sista_tillfallet": False,
}
BOMBS = [
    "{% if enhet %}" * 285,
    "{% if enhet %}{% elif kontakt %}" * 120,
    "{{ plural(antal_formular" + ', "a"' * 900 + ") }}",
    '{{ plural(antal_formular, "' * 140,
    "{% if antal_formular == " + "9" * 3900 + " %}",
    "{{ [].append(1) }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ enhet['__class__'] }}",
    "{{ self._TemplateReference__context }}",
    "{{ plural.__globals__ }}",
    "{{ plural }}",
    "{{ plural(antal_formular, *enhet) }}",
    "{{ plural(antal_formular, words=enhet) }}",
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


def faults_of(texts: JinjaTexts, message: str, language: str = SWEDISH) -> list[str]:
    return [
        f"rad {fault.row}: {fault.sentence}" for fault in texts.faults(message, language=language)
    ]


def test_names_are_filled_in_and_a_date_is_written_out(texts: JinjaTexts) -> None:
    message = "Hej!\n\n{{ enhet }} ber dig svara senast {{besvaras_senast}}.\n"

    assert not texts.faults(message)
    assert texts.fill_in(message, VALUES) == (
        "Hej!\n\nBjörkängen ber dig svara senast 30 november 2027.\n"
    )


def test_a_value_is_not_looked_through_for_names(texts: JinjaTexts) -> None:
    filled = texts.fill_in("{{ enhet }}", VALUES | {"enhet": "{{ kontakt }} & <b>"})

    assert filled == "{{ kontakt }} & <b>"


@pytest.mark.parametrize(
    ("number", "said"), [(1, "Besvara formuläret."), (2, "Besvara formulären.")]
)
def test_a_word_follows_its_number(texts: JinjaTexts, number: int, said: str) -> None:
    message = """Besvara {{ plural(antal_formular, "formuläret", 'formulären') }}."""

    assert not texts.faults(message)
    assert texts.fill_in(message, VALUES | {"antal_formular": number}) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tillfalle": 1, "forsta_tillfallet": True}, "Första gången.\nHej!\n"),
        ({"tillfalle": 2}, "Gång 2.\nHej!\n"),
        ({"tillfalle": 3, "sista_tillfallet": True}, "Sista gången.\nHej!\n"),
    ],
)
def test_a_condition_is_asked_at_each_occasion_and_leaves_no_empty_lines(
    texts: JinjaTexts, values: dict[str, Any], said: str
) -> None:
    message = (
        "{% if forsta_tillfallet %}\nFörsta gången.\n{% elif sista_tillfallet %}\n"
        "Sista gången.\n{% else %}\nGång {{ tillfalle }}.\n{% endif %}\nHej!\n"
    )

    assert not texts.faults(message)
    assert texts.fill_in(message, VALUES | values) == said


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("{% if antal_formular > 1 %}flera{% else %}ett{% endif %}", "flera"),
        ("{% if antal_tillfallen==3 %}tre{% endif %}", "tre"),
        ("{% if not kontakt %}ingen{% endif %}", ""),
        ('{% if enhet != "Björkängen" %}annan{% endif %}', ""),
    ],
)
def test_a_name_can_be_compared_with_what_is_of_its_kind(
    texts: JinjaTexts, message: str, said: str
) -> None:
    assert not texts.faults(message)
    assert texts.fill_in(message, VALUES) == said


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
        ('Hej {{ "du" }}!', '{{ "du" }}'),
        ("Hej {# hemligt #}!", "{# hemligt #}"),
        ("{% raw %}{{ enhet }}{% endraw %}", "{% raw %}"),
        ("{% if enhet and kontakt %}du{% endif %}", "{% if enhet and kontakt %}"),
        ("{% if enhet is defined %}du{% endif %}", "{% if enhet is defined %}"),
        ("{% if antal_formular > 1.5 %}du{% endif %}", "{% if antal_formular > 1.5 %}"),
        ("{% if 1 < tillfalle < 3 %}du{% endif %}", "{% if 1 < tillfalle < 3 %}"),
        ("{{ en_mycket_lang_platshallare_utan_slut }}", "{{ en_mycket_lang_platshallare…"),
        ("{{ namnet pa den som 19121212-1212 }}", "{{ namnet pa den som…"),
    ],
)
def test_whatever_is_not_text_or_of_ours_is_reported_as_it_stands(
    texts: JinjaTexts, message: str, fragment: str
) -> None:
    fault = texts.faults(message)[0]

    assert (fault.fragment, fault.reason) == (fragment, "går inte att använda i meddelandet.")
    assert fault.remedy.startswith("Använd {{ enhet }}, {{ kontakt }}, ")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Hej!\n{{ x }}\n{{ y }} {{ x }}", "rad 2: {{ x }} går inte att använda i meddelandet."),
        ("{{ sista_tillfallet }}", "är ett villkor och kan inte skrivas ut."),
        ('{{ plural(enhet, "a", "b") }}', "böjer efter enhet, som inte är ett tal."),
        ('{{ plural(tillfalle, "a") }}', "har 1 ord, men svenska behöver 2."),
        ("{% if besvaras_senast %}a{% endif %}", "frågar efter ett datum, som alltid finns."),
        ("{% if enhet > 3 %}a{% endif %}", "jämför sådant som inte går att jämföra."),
        ('{% if tillfalle == "3" %}a{% endif %}', "jämför sådant som inte går att jämföra."),
        ("{% if sista_tillfallet == 1 %}a{% endif %}", "sådant som inte går att jämföra."),
        ('{% if enhet < "b" %}a{% endif %}', "jämför ord efter storlek."),
        ("\n\n{% if enhet %}a", "rad 3: {% if enhet %} har inget slut."),
        ("a{% endif %}", "rad 1: {% endif %} hör inte till något villkor."),
        ("a{% else %}", "{% else %} hör inte till något villkor."),
        (
            "{% if enhet %}a{% else %}b{% else %}c{% endif %}",
            "{% else %} står efter {% else %} i samma villkor.",
        ),
        ("{% if enhet %}" * 4 + "a" + "{% endif %}" * 4, "står i för många andra villkor."),
        ("a" * 4001, "texten är för lång, eller blir det när den fylls i"),
        ("{{enhet}}" * 40, "texten är för lång, eller blir det när den fylls i"),
    ],
)
def test_a_refusal_says_where_and_what_in_plain_swedish(
    texts: JinjaTexts, message: str, said: str
) -> None:
    found = faults_of(texts, message)

    assert said in found[0]
    assert all(fault.remedy for fault in texts.faults(message))


def test_each_fault_is_said_once_in_the_order_of_the_message(texts: JinjaTexts) -> None:
    found = faults_of(texts, "{{ b }}\n{{ a }}\n{{ b }}")

    assert [each.split(" går")[0] for each in found] == ["rad 1: {{ b }}", "rad 2: {{ a }}"]


@pytest.mark.parametrize("message", ["", "{ enhet }", "100 % {säkert} #1", "}} %}", "{enhet}}"])
def test_lone_braces_are_text(texts: JinjaTexts, message: str) -> None:
    assert not texts.faults(message)
    assert texts.fill_in(message, VALUES) == message


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_once_and_never_filled_in(texts: JinjaTexts, bomb: str) -> None:
    begun = time.thread_time()

    faults = texts.faults(bomb)
    with pytest.raises(ValueError, match="neither text nor ours"):
        texts.fill_in(bomb, VALUES)

    assert faults
    assert all(len(fault.fragment) <= 31 for fault in faults)
    assert time.thread_time() - begun < 0.5


def test_a_message_has_at_most_4000_characters(texts: JinjaTexts) -> None:
    assert not texts.faults("a" * 4000)
    assert texts.faults("a" * 4001)


def test_a_name_without_a_value_is_an_error_and_not_a_gap(texts: JinjaTexts) -> None:
    with pytest.raises(UndefinedError):
        texts.fill_in("{{ enhet }}", {})


PIECES = [
    *("{{", "}}", "{%", "%}", "{#", "#}", "{", "}", " ", "\n", "-", "|", ".", "[", "(", ")", '"'),
    *("enhet", "{{ enhet }}", "{{kontakt}}", "\u00a0", "hej", "é", "{{\u00a0enhet }}"),
]
WRITTEN = [
    *PIECES,
    *("{% if enhet %}", "{% if antal_formular > 1 %}", "{% if not kontakt %}", "{% else %}"),
    *("{% elif sista_tillfallet %}", "{% endif %}", "{% endif %}", "{{ besvaras_senast }}"),
    *('{{ plural(tillfalle, "gång", "gånger") }}', "{{ plural(", "{% for x in enhet %}"),
    *("enhet.__class__", "{{ enhet|upper }}", "{% set enhet = 1 %}", "{% include 'a' %}", "# "),
]
EARLIER = re.compile(r"(?<!\{)\{\{\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
"""What was replaced, and all that was, when conditions and plurals could not be written."""


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_what_was_written_before_there_were_conditions_renders_as_it_did(message: str) -> None:
    texts = JinjaTexts()
    values: MessageValues = {**VALUES, "besvaras_senast": "2027-11-30"}
    known = {"enhet", "kontakt"}
    taken = all(found["name"] in known for found in EARLIER.finditer(message))
    was_text = not re.search(r"\{[{%#]", EARLIER.sub("", message))

    if taken and was_text:
        assert not texts.faults(message)
        assert texts.fill_in(message, values) == EARLIER.sub(
            lambda found: str(values[found["name"]]), message
        )


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.lists(st.sampled_from(WRITTEN) | st.text(max_size=8), max_size=30).map("".join),
    st.sampled_from(sorted(LANGUAGES)),
)
def test_whatever_is_accepted_is_filled_in_at_once_and_stays_within_its_bounds(
    message: str, language: str
) -> None:
    texts = JinjaTexts()
    longest = VALUES | dict.fromkeys(("enhet", "kontakt", "titel"), "x" * LONGEST_VALUE)
    begun = time.thread_time()

    if not texts.faults(message, language=language):
        filled = texts.fill_in(message, longest, language=language)
        assert len(filled) <= LONGEST_FILLED_IN
        assert not re.search(r"<class|<function|<bound|<Template| object at ", filled)
    assert time.thread_time() - begun < 0.5


@pytest.mark.parametrize("piece", ["{{", "{{ ", "{%", "{{a", "{{ enhet }} ", "{# ", " \t", "{\n"])
def test_no_repetition_makes_a_message_slow(texts: JinjaTexts, piece: str) -> None:
    message = piece * (4000 // len(piece))
    begun = time.thread_time()

    if not texts.faults(message):
        texts.fill_in(message, VALUES)

    assert time.thread_time() - begun < 0.5


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("sv", "30 november 2027"),
        ("en", "30 November 2027"),
        ("fi", "30. marraskuuta 2027"),
        ("so", "Noofeembar 30, 2027"),
        ("uk", "30 листопада 2027\u202fр."),  # noqa: RUF001  # Cyrillic is meant
    ],
)
def test_a_date_is_written_out_in_the_language_of_the_text(
    texts: JinjaTexts, language: str, written: str
) -> None:
    assert texts.fill_in("{{ besvaras_senast }}", VALUES, language=language) == written


@pytest.mark.parametrize(
    ("language", "written"),
    [("sv", "1 februari 2027 kl. 07:00"), ("fi", "1. helmikuuta 2027, 07:00")],
)
def test_a_last_day_with_a_time_says_both(texts: JinjaTexts, language: str, written: str) -> None:
    values = VALUES | {"besvaras_senast": AnswerBy(date(2027, 2, 1), time_of_day(7))}

    assert texts.fill_in("{{ besvaras_senast }}", values, language=language) == written


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_its_dates_and_its_plural(texts: JinjaTexts, language: str) -> None:
    date_in_it = texts.fill_in("{{ besvaras_senast }}", VALUES, language=language)
    by_words = [
        ", ".join(f'"{form}"' for form in range(number))
        for number in range(1, 7)
        if not texts.faults(
            "{{ plural(tillfalle, " + ", ".join(['"a"'] * number) + ") }}", language=language
        )
    ]

    assert "30" in date_in_it
    assert "2027" in date_in_it
    assert len(by_words) == 1
    filled = texts.fill_in(
        f"{{{{ plural(tillfalle, {by_words[0]}) }}}}", VALUES, language=language
    )
    assert filled.strip("\u2068\u2069").isdecimal()


@pytest.mark.parametrize(("number", "word"), [(1, "jeden"), (2, "kilka"), (5, "wiele")])
def test_a_plural_has_as_many_words_as_its_language(
    texts: JinjaTexts, number: int, word: str
) -> None:
    message = '{{ plural(tillfalle, "jeden", "kilka", "wiele") }}'

    assert texts.fill_in(message, VALUES | {"tillfalle": number}, language="pl") == word
    assert faults_of(texts, message) == [
        'rad 1: {{ plural(tillfalle, "jeden",… har 3 ord, men svenska behöver 2.'
    ]


def test_a_number_in_a_text_from_right_to_left_keeps_its_own_direction(texts: JinjaTexts) -> None:
    message = "\u200fللأسئلة اتصل على {{ kontakt }}.{% if not titel %}؟{% endif %}"

    filled = texts.fill_in(message, VALUES | {"titel": ""}, language="ar")

    assert filled == "\u200fللأسئلة اتصل على \u2068031-390 06 00\u2069.؟"
    assert texts.fill_in("{{ kontakt }}", VALUES) == "031-390 06 00"


def test_the_names_are_those_that_have_values() -> None:
    assert set(NAMES) == set(VALUES)

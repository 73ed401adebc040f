"""What 1177 asks of an inbox message, found in its words, and what is not taken for a breach."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.clinic import PACKAGE, UNIT
from tests.config.region import PACKAGES
from utskick.domain.message_advice import (
    OFFERS,
    MessageAdvice,
    Rule,
    advice_on,
    of_untranslated,
    with_sentence,
)
from utskick.files import TEMPLATES

WHOLE = (
    "Hej!\n\nInför ditt besök hos {{ enhet }} ber vi dig svara på {{ antal_formular }} formulär."
    " Svaren läses av din behandlare. Frågor? Ring oss på {{ kontakt }}.\n"
)


def advised(
    message: str,
    *,
    heading: str = "Inför ditt besök",
    forms: int = 2,
    translations: Mapping[str, str] | None = None,
) -> list[MessageAdvice]:
    return advice_on(
        message, translations=translations or {}, heading=heading, forms=forms, unit=UNIT
    )


def rules(message: str, **more: Any) -> list[Rule]:
    return [each.rule for each in advised(message, **more)]


@pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES)
def test_the_regions_own_messages_follow_the_rules(package: dict[str, Any]) -> None:
    found = advised(
        package["inbox_message"],
        heading=package["resident_title"],
        translations=package.get("inbox_messages"),
    )

    assert found == []


def test_the_message_for_one_form_follows_the_rules() -> None:
    text = (TEMPLATES / "inbox" / "single_form.txt").read_text(encoding="utf-8")

    assert advised(text, forms=1) == []


def test_the_manuals_own_example_does_not_say_how_answers_are_used() -> None:
    manual = (
        "Hej!\nInför ditt nästa besök på den vuxenpsykiatriska mottagningen vill vi att du"
        " besvarar fyra formulär.\nSvara gärna på frågorna i god tid inför besöket och välj gärna"
        " en tid och plats då du har lugnt runt omkring dig. Glöm inte att bekräfta dina svar när"
        " du är klar.\nOm du har frågor är du välkommen att kontakta oss på mottagningen."
    )

    assert rules(manual) == [Rule.USE]


@pytest.mark.parametrize(
    ("left_out", "rule"),
    [
        ("hos {{ enhet }} ", Rule.SENDER),
        ("Inför ditt besök hos", Rule.PURPOSE),
        (" Svaren läses av din behandlare.", Rule.USE),
        (" Ring oss på {{ kontakt }}.", Rule.CONTACT),
    ],
)
def test_what_is_missing_is_named_with_a_sentence_that_mends_it(left_out: str, rule: Rule) -> None:
    message = WHOLE.replace(left_out, "")

    (found,) = advised(message)

    assert (found.rule, found.offer) == (rule, OFFERS[rule])
    assert rules(with_sentence(message, rule)) == []
    assert rules(WHOLE) == []


def test_a_message_that_says_nothing_lacks_four_sentences_and_is_whole_with_them() -> None:
    message = "Hej!\n"

    for rule in (found := rules(message)):
        message = with_sentence(message, rule)

    assert found == [Rule.SENDER, Rule.PURPOSE, Rule.USE, Rule.CONTACT]
    assert rules(message) == []


@pytest.mark.parametrize(
    "said",
    [
        "Svaren används när vi planerar din vård.",
        "Din läkare läser dina svar före besöket.",
        "Vi jämför svaren med dina mål.",
        "Svaren sparas i din journal.",
        "Genom att svara hjälper du oss att se om behandlingen gör nytta.",
        "Sjuksköterskan går igenom svaren med dig.",
    ],
)
def test_how_answers_are_used_can_be_said_in_many_ways(said: str) -> None:
    assert rules(WHOLE.replace("Svaren läses av din behandlare.", said)) == []


@pytest.mark.parametrize(
    "said",
    [
        "Svara gärna i lugn och ro.",
        "Glöm inte att bekräfta dina svar.",
        "Läs igenom frågorna. Du kan pausa och fortsätta svara senare.",
    ],
)
def test_to_be_asked_to_answer_is_not_to_hear_what_answers_are_for(said: str) -> None:
    assert rules(WHOLE.replace("Svaren läses av din behandlare.", said)) == [Rule.USE]


@pytest.mark.parametrize(
    "said", [f"Hälsningar {UNIT.name.upper()}", "Hälsningar {{enhet}}", "{{ enhet }}"]
)
def test_the_unit_may_be_named_in_plain_words(said: str) -> None:
    assert Rule.SENDER not in rules(f"{WHOLE.replace('{{ enhet }}', 'oss')} {said}")


@pytest.mark.parametrize("said", ["031-390 06 00", "fragor@vgregion.se", "Kontakta oss gärna"])
def test_where_to_ask_may_be_a_number_an_address_or_ourselves(said: str) -> None:
    assert rules(WHOLE.replace("Ring oss på {{ kontakt }}", said)) == []


@pytest.mark.parametrize(
    "said",
    [
        "Vill du delta i ett forskningsprojekt?",
        "Vi bjuder in dig till en studie om sömn.",
        "Är du intresserad av att medverka i en vetenskaplig undersökning?",
        "Du tillfrågas om att vara med i sömnstudien.",
    ],
)
def test_an_invitation_to_research_does_not_belong_in_the_inbox(said: str) -> None:
    (found,) = advised(f"{WHOLE}{said}\n")

    assert found.rule is Rule.RESEARCH
    assert "formular.1177.se" in found.said


@pytest.mark.parametrize(
    "said",
    [
        "Svaren används inte i forskning, och du behöver inte delta i någon studie.",
        "Du får gärna delta i samtalet.",
        "Berätta om ditt arbete eller dina studier.",
        "Frågorna är vetenskapligt prövade.",
    ],
)
def test_research_may_be_spoken_of_without_an_invitation(said: str) -> None:
    assert rules(f"{WHOLE}{said}\n") == []


@pytest.mark.parametrize(
    "heading",
    ["Frågor om alkohol", "Din oro", "Uppföljning av depression", "ADHD-utredning", "Din smärta"],
)
def test_a_heading_that_says_something_of_health_is_noticed(heading: str) -> None:
    (of_package,) = advised(WHOLE, heading=heading)
    (of_form,) = advised(WHOLE, heading=heading, forms=1)

    assert of_package.rule is Rule.HEADING
    assert "Skriv en titel" in of_package.said
    assert "formulärets eget namn" in of_form.said


@pytest.mark.parametrize(
    "heading",
    [
        "Inför ditt hälsosamtal",
        "Veckans skattning",
        "Hur har det gått sedan sist?",
        "Formulär från mottagningen",
        "Frågor om oroliga grannar",
        "Sex frågor till dig",
    ],
)
def test_a_heading_that_gives_nothing_away_is_left_alone(heading: str) -> None:
    assert rules(WHOLE, heading=heading) == []


def test_other_languages_need_the_names_that_are_filled_in() -> None:
    translations = {"ar": "مرحبا {{ enhet }}", "en": "Call {{ kontakt }}", "so": "Salaan"}

    found = advised(WHOLE, translations=translations)

    assert [each.said.partition(". ")[0] for each in found] == [
        "Texten på arabiska saknar kontakt",
        "Texten på engelska saknar enhetens namn",
        "Texten på somaliska saknar enhetens namn och kontakt",
    ]


def test_a_sentence_stands_before_the_greeting_and_the_sender_after_all() -> None:
    message = "Hej!\n\nMed vänlig hälsning\nPersonalen\n"

    assert with_sentence(message, Rule.USE) == (
        f"Hej!\n\n{OFFERS[Rule.USE]}\n\nMed vänlig hälsning\nPersonalen\n"
    )
    assert with_sentence("", Rule.USE) == f"{OFFERS[Rule.USE]}\n"
    assert re.search(r"Personalen\n\nVänliga hälsningar", with_sentence(message, Rule.SENDER))


def test_a_text_changed_in_swedish_alone_is_noticed() -> None:
    others = {"ar": "أ", "en": "Hello\n"}
    package = replace(PACKAGE, inbox_message="Hej\n", inbox_messages=others)

    (found,) = of_untranslated("Nytt", others, package)

    assert "ändrat på svenska men inte på arabiska och engelska." in found
    assert "inte på arabiska." in of_untranslated("Nytt", {"ar": "أ", "en": "New"}, package)[0]
    assert of_untranslated("Hej", others, package) == []
    assert of_untranslated("Nytt", {}, package) == []

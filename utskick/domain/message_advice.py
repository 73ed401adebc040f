"""What 1177 asks of an inbox message, as advice: words are no proof, so nothing is refused.

The guidelines of 1177 inkorg: each message says which unit sends it, what it is for, how answers
are used and where to turn with questions. It is for patients of the unit's own, and no way to ask
for participants in research. Its heading is seen in the inbox' list, and says nothing of health.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from utskick.domain.dispatches import Dispatch
from utskick.domain.languages import LANGUAGES, Translations
from utskick.domain.packages import PackageTemplate
from utskick.domain.units import Unit


class Rule(StrEnum):
    """In the order in which they are shown."""

    SENDER = "avsandare"
    PURPOSE = "syfte"
    USE = "anvandning"
    CONTACT = "kontakt"
    RESEARCH = "forskning"
    HEADING = "rubrik"
    LANGUAGE = "sprak"


@dataclass(frozen=True, slots=True)
class MessageAdvice:
    """`offer` is a sentence that would do, if one can be offered."""

    rule: Rule
    said: str
    offer: str = ""

    @property
    def warning(self) -> str:
        """For those who have no button that inserts it."""
        example = f" Till exempel: ”{' '.join(self.offer.split())}”" if self.offer else ""
        return f"{self.said}{example}"


_MISSING = {
    Rule.SENDER: (
        "Inkorgsmeddelandet säger inte vilken enhet som skickar det.",
        "Vänliga hälsningar\n{{ enhet }}",
    ),
    Rule.PURPOSE: (
        "Inkorgsmeddelandet säger inte varför mottagaren ska svara.",
        "Vi ber dig svara för att kunna planera din vård tillsammans med dig.",
    ),
    Rule.USE: (
        "Inkorgsmeddelandet säger inte hur svaren används.",
        "Svaren läses av den personal som du möter hos oss och används i din vård.",
    ),
    Rule.CONTACT: (
        "Inkorgsmeddelandet säger inte vart mottagaren vänder sig med frågor.",
        "Har du frågor är du välkommen att kontakta oss: {{ kontakt }}.",
    ),
}
OFFERS = {rule: offer for rule, (_, offer) in _MISSING.items()}
_RESEARCH = (
    "Inkorgsmeddelandet ser ut att fråga om mottagaren vill delta i forskning. Det får inte göras"
    " i 1177:s inkorg: klicka ur Skapa inkorgsmeddelande, och hänvisa till formular.1177.se med"
    " sms."
)

_ENDS = re.compile(r"[.!?:]\s|\n")
_UNIT = re.compile(r"\{\{\s*enhet\s*\}\}")
_CONTACT = re.compile(r"\{\{\s*kontakt\s*\}\}")
_REACHED = re.compile(r"\b0\d{1,3}[- ]\d|@|\b(kontakta|ring|fråga|nå|når)\s+(oss|till oss)\b")
_WHY = re.compile(
    r"\b(inför|för att|eftersom|därför|så att|syfte\w*|uppföljning\w*|vill veta|behöver veta"
    r"|hjälper|följer upp|planera\w*|innan (din|ditt|du|vi))\b"
)
_ANSWERS = re.compile(r"\b(svar|svaren|svaret|svara|svarar|skattning\w*|uppgifter\w*)\b")
_USED = re.compile(
    r"\b(använd\w*|läs|läser|läses|går igenom|gås igenom|jämför\w*|underlag\w*|ingår|hjälper|hjälp"
    r"|planera\w*|tas upp|tar upp|tar ställning|bedöm\w*|till för att|till grund|journal\w*)\b"
)
_STUDY = re.compile(
    r"\b(\w*forskning\w*|forskar\w*|\w*studie|\w*studien|vetenskaplig\w*|prövning\w*)\b"
)
_INVITES = re.compile(
    r"\b(delta\w*|medverka\w*|vara med|bjud\w*|inbjud\w*|tillfråga\w*|anmäl\w*|intress\w*)\b"
)
_NOT = re.compile(r"\b(inte|aldrig|varken|ingen)\b")
_OF_HEALTH = re.compile(
    r"\b(\w*(depress|nedstämd|ångest|psykisk|psykos|suicid|självmord|självskad|adhd|autis|bipolär"
    r"|schizofren|trauma|ätstör|anorex|bulimi|alkohol|missbruk|narkotik|rökning|sexuell|klamydia"
    r"|könssjuk|abort|graviditet|fertilitet|prostata|cancer|tumör|diabet|astma|epilep|stroke"
    r"|demens|smärt|artrit|reumati|sömn|inkontinens|hjärtsvikt|hjärtsjuk|blodtryck|övervikt"
    r"|obesitas|fetma|psoriasis|eksem|allergi|diagnos|sjukdom|symtom)\w*|oro|kol|hiv|ocd|ptsd|ibs"
    r"|beroende|droger)\b"
)
_GREETING = re.compile(r"^(med )?(vänlig|varm|bästa|hälsning)\w*", re.IGNORECASE | re.MULTILINE)


def advice_on(
    message: str, *, translations: Translations, heading: str, forms: int, unit: Unit
) -> list[MessageAdvice]:
    """What of the rules the message does not seem to follow, in their order."""
    words = message.casefold()
    missing = [rule for rule, said in _said(words, unit).items() if not said]
    return [
        *(MessageAdvice(rule, *_MISSING[rule]) for rule in missing),
        *([MessageAdvice(Rule.RESEARCH, _RESEARCH)] if _invites_to_research(words) else []),
        *_on_heading(heading, forms),
        *_on_languages(translations),
    ]


def warnings_about(dispatch: Dispatch, unit: Unit) -> list[str]:
    """The advice, before a dispatch is started."""
    if not dispatch.creates_inbox_message:
        return []
    found = advice_on(
        dispatch.inbox_message,
        translations=dispatch.inbox_messages,
        heading=dispatch.heading,
        forms=len(dispatch.forms),
        unit=unit,
    )
    return [each.warning for each in found]


def of_untranslated(
    message: str, translations: Translations, package: PackageTemplate
) -> list[str]:
    """Whoever changes the package's Swedish text alone says something else in the others."""
    stale = [
        LANGUAGES[code].name
        for code, text in translations.items()
        if text.strip() == package.inbox_messages.get(code, "").strip() != ""
    ]
    if message.strip() == package.inbox_message.strip() or not stale:
        return []
    listed = f"{', '.join(stale[:-1])} och {stale[-1]}" if len(stale) > 1 else stale[0]
    advice = (
        f"Inkorgsmeddelandet är ändrat på svenska men inte på {listed}. Kontrollera att det säger"
        " samma sak."
    )
    return [advice]


def with_sentence(message: str, rule: Rule) -> str:
    """The message with the sentence that the rule offers: before its greeting, or at its end."""
    offer = OFFERS[rule]
    text = message.rstrip("\n")
    greeting = None if rule is Rule.SENDER else _GREETING.search(text)
    if greeting is None:
        return f"{text}\n\n{offer}\n".lstrip("\n")
    before, after = text[: greeting.start()].rstrip("\n"), text[greeting.start() :]
    return f"{before}\n\n{offer}\n\n{after}\n".lstrip("\n")


def _said(words: str, unit: Unit) -> dict[Rule, bool]:
    sentences = _ENDS.split(words)
    used = any(_ANSWERS.search(each) and _USED.search(each) for each in sentences)
    return {
        Rule.SENDER: bool(_UNIT.search(words)) or unit.name.casefold() in words,
        Rule.PURPOSE: bool(_WHY.search(words)),
        Rule.USE: used,
        Rule.CONTACT: bool(_CONTACT.search(words) or _REACHED.search(words)),
    }


def _invites_to_research(words: str) -> bool:
    return any(
        _STUDY.search(each) and _INVITES.search(each) and not _NOT.search(each)
        for each in _ENDS.split(words)
    )


def _on_heading(heading: str, forms: int) -> Iterator[MessageAdvice]:
    found = _OF_HEALTH.search(heading.casefold())
    if found is None:
        return
    remedy = (
        "Den är formulärets eget namn: be den som äger formuläret att byta det."
        if forms == 1
        else "Skriv en titel som inte gör det."
    )
    said = f"Rubriken ”{heading}” säger något om hälsa, och syns i inkorgens lista. {remedy}"
    yield MessageAdvice(Rule.HEADING, said)


def _on_languages(translations: Translations) -> Iterator[MessageAdvice]:
    """Of what no words of Swedish are needed to see."""
    for code, text in translations.items():
        lacking = []
        if not _UNIT.search(text):
            lacking.append("enhetens namn")
        if not _CONTACT.search(text) and not _REACHED.search(text):
            lacking.append("kontakt")
        if lacking:
            said = f"Texten på {LANGUAGES[code].name} saknar {' och '.join(lacking)}."
            yield MessageAdvice(Rule.LANGUAGE, f"{said} Infoga det som Utskick fyller i.")

"""Languages that an inbox message can be written in, beside Swedish.

Those that 1177 has its own pages in, and of the national minorities' those whose dates and plural
forms CLDR knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SWEDISH = "sv"


@dataclass(frozen=True, slots=True)
class Language:
    """`name` is what staff call it, `own_name` what those who speak it do."""

    code: str
    name: str
    own_name: str
    right_to_left: bool = False


_ALL = (
    Language(SWEDISH, "svenska", "Svenska"),
    Language("sq", "albanska", "Shqip"),
    Language("am", "amhariska", "አማርኛ"),
    Language("ar", "arabiska", "العربية", right_to_left=True),
    Language("bs", "bosniska", "Bosanski"),
    Language("prs", "dari", "دری", right_to_left=True),
    Language("en", "engelska", "English"),
    Language("fi", "finska", "Suomi"),
    Language("fr", "franska", "Français"),
    Language("el", "grekiska", "Ελληνικά"),
    Language("it", "italienska", "Italiano"),
    Language("yi", "jiddisch", "ייִדיש", right_to_left=True),
    Language("zh", "kinesiska", "中文"),
    Language("hr", "kroatiska", "Hrvatski"),
    Language("kmr", "kurmanji", "Kurmancî"),
    Language("se", "nordsamiska", "Davvisámegiella"),
    Language("ps", "pashto", "پښتو", right_to_left=True),
    Language("fa", "persiska", "فارسی", right_to_left=True),
    Language("pl", "polska", "Polski"),
    Language("pt", "portugisiska", "Português"),
    Language("ro", "rumänska", "Română"),
    Language("ru", "ryska", "Русский"),
    Language("sr", "serbiska", "Српски"),
    Language("so", "somaliska", "Soomaali"),
    Language("ckb", "sorani", "کوردیی ناوەندی", right_to_left=True),
    Language("es", "spanska", "Español"),
    Language("th", "thailändska", "ไทย"),
    Language("ti", "tigrinja", "ትግርኛ"),
    Language("tr", "turkiska", "Türkçe"),
    Language("de", "tyska", "Deutsch"),
    Language("uk", "ukrainska", "Українська"),
    Language("hu", "ungerska", "Magyar"),
    Language("vi", "vietnamesiska", "Tiếng Việt"),
)
LANGUAGES = {language.code: language for language in _ALL}
"""Swedish first, the others by their Swedish names."""
OTHER_LANGUAGES = tuple(code for code in LANGUAGES if code != SWEDISH)

Translations = Mapping[str, str]
"""A message in other languages than Swedish, by their codes."""


@dataclass(frozen=True, slots=True)
class MessagePart:
    """What of a message is in one language."""

    language: Language
    text: str


def written(translations: Translations) -> dict[str, str]:
    """Those that there is any text of; an emptied one is a language that is left out."""
    return {code: text for code in OTHER_LANGUAGES if (text := translations.get(code, "")).strip()}


def whole_message(parts: Sequence[MessagePart]) -> str:
    """The message as it is left: Swedish first, the others below their names.

    Whoever does not read Swedish finds their language named on its first line.
    """
    first, *others = parts
    if not others:
        return first.text
    named = ", ".join(each.language.own_name for each in parts)
    below = [f"— {each.language.own_name} —\n\n{each.text.strip()}" for each in others]
    return "\n\n".join([named, first.text.strip(), *below])

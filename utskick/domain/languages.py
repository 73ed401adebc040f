"""Languages that an inbox message can be written in, beside Swedish.

Those that 1177 has its own pages in, and of the national minorities' those whose dates and plural
forms CLDR knows.
"""

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

"""An inbox message filled in, in each of its languages."""

from utskick.domain.languages import LANGUAGES, SWEDISH, MessagePart, Translations
from utskick.domain.message_names import MessageValues
from utskick.ports import Texts


def message_parts(
    message: str, translations: Translations, values: MessageValues, *, texts: Texts
) -> list[MessagePart]:
    """Swedish first."""
    return [
        MessagePart(LANGUAGES[code], texts.fill_in(text, values, language=code))
        for code, text in ({SWEDISH: message} | dict(translations)).items()
    ]

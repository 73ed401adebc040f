"""An inbox message as the resident will see it, before anything is sent."""

from dataclasses import dataclass

from utskick.domain.deliveries import link_text
from utskick.domain.languages import LANGUAGES, SWEDISH, Language, Translations, written
from utskick.domain.message_advice import MessageAdvice, advice_on
from utskick.domain.message_names import MessageFault, MessageValues
from utskick.domain.units import Unit
from utskick.ports import Texts


@dataclass(frozen=True, slots=True)
class PreviewedPart:
    """One language of a message. With `faults` the text is as it was typed."""

    language: Language
    text: str
    faults: tuple[MessageFault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePreview:
    heading: str
    unit_name: str
    parts: tuple[PreviewedPart, ...]
    link: str
    banner: str
    advice: tuple[MessageAdvice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewMessage:
    texts: Texts

    def __call__(
        self,
        message: str,
        *,
        translations: Translations | None = None,
        heading: str,
        banner: str,
        values: MessageValues,
        forms: int,
        unit: Unit,
    ) -> MessagePreview:
        """Filled in as `prepare_occasion` will do it."""
        texts = {SWEDISH: message} | written(translations or {})
        return MessagePreview(
            heading=heading,
            unit_name=unit.name,
            parts=tuple(self._part(code, text, values) for code, text in texts.items()),
            link=link_text(forms),
            banner=banner,
            advice=tuple(
                advice_on(
                    message,
                    translations=written(translations or {}),
                    heading=heading,
                    forms=forms,
                    unit=unit,
                )
            ),
        )

    def _part(self, code: str, text: str, values: MessageValues) -> PreviewedPart:
        faults = tuple(self.texts.faults(text, language=code))
        shown = text if faults else self.texts.fill_in(text, values, language=code)
        return PreviewedPart(LANGUAGES[code], shown, faults)

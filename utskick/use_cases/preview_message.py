"""An inbox message as the resident will see it, before anything is sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from utskick.domain.deliveries import link_text
from utskick.domain.units import Unit
from utskick.ports import Texts
from utskick.sending.message_values import PLACEHOLDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePreview:
    """`unknown` is what of the message can be neither text nor a placeholder's value."""

    heading: str
    unit_name: str
    text: str
    link: str
    banner: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewMessage:
    texts: Texts

    def __call__(
        self, message: str, *, heading: str, banner: str, values: Mapping[str, str], unit: Unit
    ) -> MessagePreview:
        """Filled in as `prepare_occasion` will do it; with a fault in it, as it was typed."""
        unknown = tuple(self.texts.unknown_placeholders(message, allowed=PLACEHOLDERS))
        return MessagePreview(
            heading=heading,
            unit_name=unit.name,
            text=message if unknown else self.texts.fill_in(message, values),
            link=link_text(int(values["antal_formular"])),
            banner=banner,
            unknown=unknown,
        )

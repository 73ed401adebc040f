"""An inbox message as the resident will see it, before anything is sent."""

from dataclasses import dataclass

from utskick.domain.deliveries import link_text
from utskick.domain.message_names import MessageFault, MessageValues
from utskick.domain.units import Unit
from utskick.ports import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePreview:
    """With `faults` the text is as it was typed."""

    heading: str
    unit_name: str
    text: str
    link: str
    banner: str
    faults: tuple[MessageFault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewMessage:
    texts: Texts

    def __call__(
        self,
        message: str,
        *,
        heading: str,
        banner: str,
        values: MessageValues,
        forms: int,
        unit: Unit,
    ) -> MessagePreview:
        """Filled in as `prepare_occasion` will do it; with a fault in it, as it was typed."""
        faults = tuple(self.texts.faults(message))
        return MessagePreview(
            heading=heading,
            unit_name=unit.name,
            text=message if faults else self.texts.fill_in(message, values),
            link=link_text(forms),
            banner=banner,
            faults=faults,
        )

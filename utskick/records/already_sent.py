"""What the persons of a list have got of one unit: never of another."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

from utskick.domain.already_sent import EarlierForm
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId


class SentBefore(Protocol):
    """Of what was sent and has not been purged. Read only."""

    def unanswered(
        self,
        unit_id: HsaId,
        numbers: Collection[Personnummer],
        template_ids: Collection[FormTemplateId],
        *,
        today: date,
    ) -> Sequence[EarlierForm]:
        """Forms of these templates that are not known to be answered, and still can be."""

    def since(
        self, unit_id: HsaId, numbers: Collection[Personnummer], *, moment: datetime
    ) -> Sequence[EarlierForm]:
        """The latest that each has got since then."""

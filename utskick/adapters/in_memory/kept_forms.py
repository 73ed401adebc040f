"""The forms that a form service has made, as it gives them back."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from utskick.domain.deliveries import FormId, FormStatus
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.ports import FormOrder, FoundForm


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form that was made, with what was asked for."""

    id: FormId
    order: FormOrder
    created_at: datetime

    @property
    def delivery_id(self) -> UUID:
        """By the reference that its call carried, which no contract gives back."""
        return UUID(self.order.reference.partition("/")[0])


def read_back(
    forms: Iterable[KeptForm],
    *,
    unit_id: HsaId,
    personnummer: Personnummer,
    template_ids: Collection[FormTemplateId],
    status_of: Callable[[FormId], FormStatus] = lambda _form_id: FormStatus.ONGOING,
) -> list[FoundForm]:
    """What the unit has given the person of these templates."""
    return [
        _found(form, status_of(form.id))
        for form in forms
        if (form.order.unit_id, form.order.personnummer) == (unit_id, personnummer)
        and form.order.template_id in template_ids
    ]


def _found(form: KeptForm, status: FormStatus) -> FoundForm:
    """Whole seconds are all that the contract gives."""
    created_at = form.created_at.replace(microsecond=0)
    return FoundForm(
        id=form.id,
        template_id=form.order.template_id,
        created_at=created_at,
        created_at_latest=created_at,
        answer_by=form.order.answer_by,
        purge_after=form.order.purge_after,
        status=status,
    )

"""Which running dispatches a change would strike: their next occasion would abort them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from utskick.domain.dispatches import Dispatch
from utskick.domain.forms import FormTemplate, FormTemplateId
from utskick.domain.units import HsaId, Unit
from utskick.records import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StruckDispatch:
    """A running dispatch, and which of the forms in question it holds."""

    dispatch: Dispatch
    unit: Unit
    forms: Sequence[FormTemplate] = ()

    @property
    def ahead(self) -> int:
        """How many occasions would not be sent."""
        return len(self.dispatch.ahead)


def struck_by_forms(
    records: Transaction,
    forms: Iterable[FormTemplate],
    *,
    units: Mapping[HsaId, Unit],
    only: Collection[HsaId] | None = None,
) -> list[StruckDispatch]:
    """Those that hold any of the forms; of the units `only`, if some are given."""
    by_id: dict[FormTemplateId, FormTemplate] = {form.id: form for form in forms}
    found = records.dispatches.ongoing_with(list(by_id)) if by_id else []
    return [
        StruckDispatch(
            dispatch=dispatch,
            unit=units[dispatch.unit_id],
            forms=[by_id[f.template_id] for f in dispatch.forms if f.template_id in by_id],
        )
        for dispatch in found
        if only is None or dispatch.unit_id in only
    ]


def struck_by_withdrawal(records: Transaction, unit: Unit) -> list[StruckDispatch]:
    """All that run for the unit."""
    return [
        StruckDispatch(dispatch=dispatch, unit=unit)
        for dispatch in records.dispatches.ongoing_for(unit.id)
    ]

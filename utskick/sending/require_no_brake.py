"""What staff want to send is refused while a brake holds it."""

from collections.abc import Collection

from utskick.domain.brakes import Braked
from utskick.domain.dispatches import Dispatch
from utskick.domain.forms import FormTemplateId
from utskick.domain.units import HsaId
from utskick.records import Transaction


def require_no_brake(records: Transaction, dispatch: Dispatch) -> None:
    """Raise `Braked` if one holds the dispatch, started already or not."""
    require_no_brake_on(records, dispatch.unit_id, [form.template_id for form in dispatch.forms])


def require_no_brake_on(
    records: Transaction, unit_id: HsaId, template_ids: Collection[FormTemplateId]
) -> None:
    """Raise `Braked` if one is on what the unit sends with these forms."""
    if brake := records.brakes.holding(unit_id, template_ids):
        raise Braked(brake)

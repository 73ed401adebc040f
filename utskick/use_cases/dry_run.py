"""Prova: what would be started, with each date and text as residents get it. Nothing is kept."""

from dataclasses import dataclass

from utskick.domain.dispatches import Dispatch, DispatchStatus, RecipientState
from utskick.domain.languages import whole_message
from utskick.domain.occasions import Occasion
from utskick.domain.schedules import AnswerBy
from utskick.domain.units import Unit
from utskick.ports import Texts
from utskick.sending.message_text import message_parts
from utskick.sending.message_values import values_for
from utskick.use_cases.submissions import CheckedDispatch


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedOccasion:
    """`message` is empty where none would be left."""

    occasion: Occasion
    answer_by: AnswerBy
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """`left_out` are those who cannot be reached and would be passed over.

    Of the `warnings`, the `date_warnings` are about no one.
    """

    dispatch: Dispatch
    occasions: tuple[TriedOccasion, ...]
    recipients: int
    left_out: int
    warnings: tuple[str, ...]
    date_warnings: tuple[str, ...] = ()

    @property
    def awaits_approval(self) -> bool:
        return self.dispatch.status is DispatchStatus.AWAITING


def dry_run_of(checked: CheckedDispatch, unit: Unit, *, texts: Texts) -> DryRun:
    """As it would be sent, if nothing changes until then."""
    dispatch = checked.dispatch
    active = sum(each.state is RecipientState.ACTIVE for each in checked.recipients)
    return DryRun(
        dispatch=dispatch,
        occasions=tuple(
            TriedOccasion(
                occasion=occasion,
                answer_by=dispatch.last_day(occasion),
                message=_message(dispatch, occasion, unit, texts),
            )
            for occasion in dispatch.occasions
        ),
        recipients=active,
        left_out=len(checked.recipients) - active,
        warnings=(*checked.date_warnings, *checked.warnings),
        date_warnings=checked.date_warnings,
    )


def _message(dispatch: Dispatch, occasion: Occasion, unit: Unit, texts: Texts) -> str:
    if not dispatch.creates_inbox_message:
        return ""
    values = values_for(dispatch, occasion, unit, now=occasion.sends_at)
    parts = message_parts(dispatch.inbox_message, dispatch.inbox_messages, values, texts=texts)
    return whole_message(parts)

"""One question for all runs that ask about the same unit's templates within some seconds."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from utskick.domain.forms import FormTemplateId
from utskick.domain.units import HsaId
from utskick.ports import Clock, FormService

_FRESH_S = 5.0

_Templates = Mapping[FormTemplateId, bool]


@dataclass(frozen=True, slots=True)
class _Asked:
    at: float
    answer: asyncio.Future[_Templates]


class SharedTemplateLists:
    """`FormService.form_templates`, with answers that are at most five seconds old.

    Hundreds of occasions have the same minute, and many of them the same unit.
    """

    def __init__(self, forms: FormService, clock: Clock) -> None:
        self._forms = forms
        self._clock = clock
        self._asked: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[HsaId, _Asked]] = (
            WeakKeyDictionary()
        )

    async def form_templates(self, unit_id: HsaId) -> _Templates:
        """Raises as the form service does, to all who have been waiting for that answer."""
        asked = self._asked.setdefault(asyncio.get_running_loop(), {})
        known = asked.get(unit_id)
        if known is None or self._is_over(known):
            answer = asyncio.ensure_future(self._forms.form_templates(unit_id))
            known = asked[unit_id] = _Asked(self._clock.monotonic(), answer)
        # Whoever asked first may be cancelled: the others still want to know.
        return await asyncio.shield(known.answer)

    def _is_over(self, known: _Asked) -> bool:
        if self._clock.monotonic() - known.at > _FRESH_S:
            return True
        return known.answer.done() and (
            known.answer.cancelled() or known.answer.exception() is not None
        )

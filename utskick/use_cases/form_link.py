"""Formulärlänk: a link to a form for one unit, for SMS, contact cards and web pages."""

from dataclasses import dataclass
from urllib.parse import urlencode

from utskick.domain.errors import NotFound
from utskick.domain.forms import require_sendable
from utskick.domain.rules import Rules
from utskick.domain.units import HsaId
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLink:
    store: Store
    rules: Rules

    def __call__(self, form_key: str, *, unit_id: HsaId) -> str:
        """The link holds the form and the unit, nobody's identity.

        The resident signs in behind it. Raises `NotFound`, for a withdrawn unit too, or
        `StartBlocked`.
        """
        with self.store.transaction() as records:
            if records.units.get(unit_id).withdrawn_at is not None:
                raise NotFound("unit")
            form = records.forms.find(form_key)
            if form is None:
                raise NotFound("form template", form_key)
            require_sendable(records.forms.access(unit_id, [form.id]))
        query = urlencode({"externalApplication": f"{self.rules.application}_{unit_id}"})
        return f"{self.rules.resident_url}/etjanst/{form.id}?{query}"

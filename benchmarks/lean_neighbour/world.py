"""What the lean neighbour holds: forms, messages, persons as opaque numbers, and its traffic."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import uuid4

from benchmarks.lean_neighbour.catalogue import Catalogue


@dataclass(slots=True)
class Service:
    """`capacity` is calls at once, `None` for no limit; `latency_s` comes before each answer."""

    latency_s: float = 0
    capacity: int | None = None
    calls: Counter[str] = field(default_factory=Counter)
    turned_away: int = 0
    busy_with: int = 0
    peak: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """`made_at` is seconds since 1970, as exact as the machine's clock."""

    id: str
    unit: str
    subject: str
    template: str
    expires: str
    keep_until: str
    made_at: float


class World:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.services = {name: Service() for name in ("forms", "inbox", "persons")}
        self.forms: list[Form] = []
        self.messages: list[tuple[str, str]] = []
        self._by_subject: dict[tuple[str, str], list[Form]] = defaultdict(list)
        self._opaque: dict[str, int] = {}

    def make_form(
        self, unit: str, subject: str, template: str, expires: str, keep_until: str
    ) -> str:
        form = Form(str(uuid4()), unit, subject, template, expires, keep_until, time.time())
        self.forms.append(form)
        self._by_subject[unit, subject].append(form)
        return form.id

    def forms_of(self, unit: str, subject: str) -> list[Form]:
        return self._by_subject.get((unit, subject), [])

    def opaque(self, subject: str) -> int:
        """What the truth calls the person."""
        return self._opaque.setdefault(subject, len(self._opaque) + 1)

    def forget(self) -> None:
        """As new, but for latency and capacity."""
        self.forms.clear()
        self.messages.clear()
        self._by_subject.clear()
        for service in self.services.values():
            service.calls.clear()
            service.turned_away = 0
            service.peak = service.busy_with

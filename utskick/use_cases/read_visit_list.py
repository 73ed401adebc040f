"""Läs in besök: a file, something pasted, or a FHIR bundle, as messages about visits."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.fhir_visits import read_fhir_visits
from utskick.domain.recipients import FileTooLarge
from utskick.domain.rules import Rules
from utskick.domain.seen_sheets import Wish
from utskick.domain.visit_messages import ReadVisits
from utskick.domain.visit_tables import TooManyVisits, read_visits
from utskick.use_cases.import_recipients import ImportRecipients

_JSON = b"{"
_AS_IT_STANDS = Wish()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadVisitList:
    import_recipients: ImportRecipients
    rules: Rules

    def __call__(self, raw: bytes, *, wish: Wish = _AS_IT_STANDS, now: datetime) -> ReadVisits:
        """CSV, Excel or FHIR R4 as JSON: the content shows which. Changes nothing.

        Raises as `ImportRecipients.read_list` and `read_visits`, `ListQuestion` among it; or
        `NoBundle`.
        """
        if len(raw) > self.rules.limits.file_bytes:
            raise FileTooLarge(allowed=self.rules.limits.file_bytes)
        if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_JSON):
            return self._of_bundle(raw.removeprefix(b"\xef\xbb\xbf"), now)
        return read_visits(
            self.import_recipients.read_list(raw, wish=wish),
            accept_coordination_numbers=self.rules.accept_coordination_numbers,
            most=self.rules.limits.visits,
            today=self.rules.today(now),
        )

    def _of_bundle(self, raw: bytes, now: datetime) -> ReadVisits:
        read = read_fhir_visits(
            raw,
            accept_coordination_numbers=self.rules.accept_coordination_numbers,
            zone=self.rules.zone,
            today=self.rules.today(now),
        )
        count = len(read.messages) + len(read.refused)
        if count > self.rules.limits.visits:
            raise TooManyVisits(count=count, allowed=self.rules.limits.visits)
        return read

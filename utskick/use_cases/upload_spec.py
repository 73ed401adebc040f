"""Hand over a spec outside the orchestrator, so that an operator's flow run refers to it by id."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.specs import UploadId
from utskick.domain.units import Activity, Actor
from utskick.records import LogEntry, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSpec:
    store: Store

    def __call__(self, content: bytes, *, actor: Actor, now: datetime) -> UploadId:
        """Keep it encrypted. It is deleted with what has ended, after seven days."""
        with self.store.transaction() as records:
            upload_id = records.uploads.add(actor.unit_id, content, by=actor.name, now=now)
            entry = LogEntry(actor=actor, activity=Activity.WRITE, act="laddat upp utskick")
            records.access_log.write([entry], now=now)
        return upload_id

    def read_upload(self, upload_id: UploadId) -> bytes:
        """What was handed over. Raises `NotFound`."""
        with self.store.transaction() as records:
            return records.uploads.get(upload_id)

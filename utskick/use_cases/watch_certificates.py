"""Every day: find certificates that end soon, have ended or cannot be used, before they hurt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.certificates import Certificate, CertificateState
from utskick.domain.rules import Rules
from utskick.ports import Certificates
from utskick.records import Store, Transaction
from utskick.sending.report_errors import report


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchCertificates:
    store: Store
    certificates: Certificates
    rules: Rules

    def __call__(self, *, now: datetime) -> Sequence[Certificate]:
        """Mail about each of them, once a day, whoever looks; return which they are."""
        troubling = self.troubling(now=now)
        if troubling:
            with self.store.transaction() as records:
                for each in troubling:
                    _report(each, records, self.rules, now)
        return troubling

    def troubling(self, *, now: datetime) -> Sequence[Certificate]:
        """Those that somebody must see to."""
        return [
            each
            for each in self.certificates.look()
            if each.state(now) is not CertificateState.GOOD
        ]


def _report(certificate: Certificate, records: Transaction, rules: Rules, now: datetime) -> None:
    report(
        records,
        subject="certificates",
        cause=f"{certificate.mark}-{rules.today(now)}",
        text="certificate.txt",
        values={
            "setting": certificate.setting,
            "path": certificate.path,
            "service": certificate.service,
            "state": certificate.state(now).value,
            "ends_on": f"{certificate.ends_at.astimezone(rules.zone):%Y-%m-%d %H:%M}"
            if certificate.ends_at
            else "",
            "days": certificate.days_left(now),
        },
        addresses=rules.operators,
        now=now,
    )

"""The engine, for whoever has the neighbours as attributes: the process's services, a test's."""

from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.rules import Rules
from utskick.ports import Clock, FormService, Inbox, Mailer, Persons, Scheduler, Texts
from utskick.records import Store
from utskick.sending.accounts import Accounts
from utskick.sending.call_slots import CallSlots
from utskick.sending.reconcile import Reconciled, audit, reconcile
from utskick.sending.report_errors import Mailed, send_error_reports
from utskick.sending.run_occasion import OccasionRun
from utskick.sending.shared import Shared


class Engine:
    """What is done with occasions, as of now."""

    __slots__ = ()
    store: Store
    forms: FormService
    inbox: Inbox
    persons: Persons
    mailer: Mailer
    scheduler: Scheduler
    texts: Texts
    clock: Clock
    rules: Rules
    shared: Shared

    @property
    def call_slots(self) -> CallSlots:
        """Calls to the form service that belong to no run take a slot as well."""
        return self.shared.sender.call_slots

    @property
    def accounts(self) -> Accounts:
        """What the inbox says of persons, for all in this process."""
        return self.shared.accounts

    def occasion_run(
        self, occasion_id: OccasionId, token: RunToken, *, version: int = 1
    ) -> OccasionRun:
        """One attempt to send one occasion."""
        return OccasionRun(
            occasion_id=occasion_id,
            version=version,
            token=token,
            store=self.store,
            forms=self.forms,
            shared=self.shared,
            inbox=self.inbox,
            persons=self.persons,
            mailer=self.mailer,
            texts=self.texts,
            clock=self.clock,
            rules=self.rules,
        )

    async def reconcile(self) -> Reconciled:
        """One round."""
        return await reconcile(
            store=self.store,
            forms=self.forms,
            call_slots=self.call_slots,
            scheduler=self.scheduler,
            rules=self.rules,
            now=self.clock.now(),
        )

    def audit(self, *, thorough: bool = True) -> Reconciled:
        """All that is planned against all that the scheduler has."""
        return audit(
            store=self.store,
            scheduler=self.scheduler,
            rules=self.rules,
            thorough=thorough,
            now=self.clock.now(),
        )

    def mail_errors(self) -> Mailed:
        """Mail what waits to be mailed."""
        return send_error_reports(store=self.store, mailer=self.mailer, texts=self.texts)

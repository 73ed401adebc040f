"""The store: SQLAlchemy lives here and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from utskick.failpoints import Step, reached
from utskick.store.already_sent import SqlSentBefore
from utskick.store.approvals import SqlApprovals
from utskick.store.brakes import SqlBrakes
from utskick.store.calendar import SqlCalendar
from utskick.store.calendar_feeds import SqlCalendarFeeds
from utskick.store.data_keys import DataKeys
from utskick.store.deliveries import SqlDeliveries
from utskick.store.desk import TEXTING, SqlBudgets, SqlTexting, SqlTokens, SqlUploads
from utskick.store.dispatches import SUBMISSIONS, SqlDispatches
from utskick.store.drafts import SqlDrafts
from utskick.store.error_reports import SqlErrorReports, SqlWatchedForms
from utskick.store.expired import SqlExpired
from utskick.store.follow_up import SqlFollowUp
from utskick.store.grants import SqlGrants
from utskick.store.inbox_answers import SqlInboxAnswers
from utskick.store.inbox_messages import SqlInboxMessages
from utskick.store.journal import SqlAccessLog
from utskick.store.log_keys import PURPOSE as LOG
from utskick.store.names import SqlNames
from utskick.store.occasions import SqlOccasions
from utskick.store.overview import SqlOverview
from utskick.store.people import People
from utskick.store.platform_refusals import SqlPlatformRefusals
from utskick.store.progress import SqlProgress
from utskick.store.punctuality import SqlPunctuality
from utskick.store.reference import SqlForms, SqlPackages, SqlUnits
from utskick.store.sealing import SealingNow
from utskick.store.staff import SessionLimits, SqlSessions
from utskick.store.vault import Vault
from utskick.store.visit_places import SqlVisitPlaces
from utskick.store.visits import SqlVisits

__all__ = ["SqlStore", "SqlTransaction"]


class SqlTransaction:
    """The repositories of one session."""

    def __init__(self, session: Session, vault: Vault, limits: SessionLimits) -> None:
        sealing = SealingNow(session, vault)
        people = People(session, sealing)
        self.units = SqlUnits(session)
        self.forms = SqlForms(session)
        self.packages = SqlPackages(session)
        self.names = SqlNames(session, people, sealing)
        submissions = DataKeys(session, sealing, SUBMISSIONS)
        self.dispatches = SqlDispatches(session, people, self.names, submissions)
        self.sent_before = SqlSentBefore(session, people)
        self.brakes = SqlBrakes(session, self.dispatches)
        self.progress = SqlProgress(session)
        self.calendar = SqlCalendar(session, self.dispatches)
        self.calendar_feeds = SqlCalendarFeeds(session)
        self.overview = SqlOverview(session, self.dispatches, self.progress)
        self.punctuality = SqlPunctuality(session)
        self.occasions = SqlOccasions(session, self.punctuality)
        self.deliveries = SqlDeliveries(session, people)
        self.follow_up = SqlFollowUp(session, people, self.names)
        self.inbox_messages = SqlInboxMessages(session, people)
        self.inbox_answers = SqlInboxAnswers(session, people)
        self.error_reports = SqlErrorReports(session)
        self.expired = SqlExpired(session)
        self.platform_refusals = SqlPlatformRefusals(session)
        self.watched_forms = SqlWatchedForms(session)
        self.access_log = SqlAccessLog(session, people, DataKeys(session, sealing, LOG))
        self.uploads = SqlUploads(session, sealing)
        self.drafts = SqlDrafts(session, sealing)
        self.tokens = SqlTokens(session)
        self.texting = SqlTexting(session, DataKeys(session, sealing, TEXTING))
        self.budgets = SqlBudgets(session)
        self.sessions = SqlSessions(session, limits)
        self.visits = SqlVisits(session, people, self.names)
        self.visit_places = SqlVisitPlaces(session, people, self.names, self.dispatches)
        self.grants = SqlGrants(session)
        self.approvals = SqlApprovals(session)


class SqlStore:
    """SQLite or PostgreSQL: `utskick.store.engine.open_engine` makes the engine."""

    def __init__(
        self, engine: Engine, vault: Vault, *, session_limits: SessionLimits | None = None
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._session_limits = session_limits or SessionLimits()

    @contextmanager
    def transaction(self, step: Step | None = None) -> Iterator[SqlTransaction]:
        with Session(self._engine) as session, session.begin():
            yield SqlTransaction(session, self._vault, self._session_limits)
            if step is not None:
                session.flush()
                reached(f"before {step}")
        if step is not None:
            reached(f"after {step}")

    def close(self) -> None:
        """Give the connections back to the database; the next transaction opens new ones."""
        self._engine.dispose()

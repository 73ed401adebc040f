"""The store's port: what is remembered, and the statements that keep each form sent once.

One `transaction()` is one database transaction; nothing outside is called within it. Times that
decide who may act (leases, settling) are the database's own clock (I13).
"""

from contextlib import AbstractContextManager
from typing import Protocol

from utskick.failpoints import Step
from utskick.records.already_sent import SentBefore
from utskick.records.approvals import Approvals
from utskick.records.brakes import Brakes
from utskick.records.calendar import (
    Calendar,
    CalendarCount,
    CalendarEntry,
    CalendarFeeds,
)
from utskick.records.deliveries import Deliveries, DeliveryClaim, InboxMessages, Unnotified
from utskick.records.desk import Budgets, Texting, Tokens, Uploads
from utskick.records.dispatches import (
    Dispatches,
    FormSummary,
    Occasions,
    PlannedOccasion,
    Progress,
    Remaining,
)
from utskick.records.drafts import Drafts
from utskick.records.error_reports import ErrorReport, ErrorReports, WatchedForms
from utskick.records.expired import Expired
from utskick.records.follow_up import (
    FollowedUp,
    FollowUpQuery,
    Ledger,
    Order,
    Reminder,
    ResponseRate,
    SentForms,
)
from utskick.records.grants import RightGrants
from utskick.records.inbox_answers import InboxAnswers
from utskick.records.journal import (
    AccessLog,
    DoneWith,
    LogEntry,
    LoggedEntry,
    LogQuery,
)
from utskick.records.names import Names
from utskick.records.overview import (
    DispatchQuery,
    DispatchSorting,
    ListedDispatch,
    OccasionCell,
    Overview,
)
from utskick.records.platform_refusals import PlatformRefusals
from utskick.records.punctuality import PunctualDay, Punctuality
from utskick.records.reference import Forms, Packages, Units
from utskick.records.staff import OpenSession, Sessions, SignedInPerson
from utskick.records.visits import ListedVisit, ShownSend, VisitPlaces, VisitQuery, Visits

__all__ = [
    "AccessLog",
    "Approvals",
    "Brakes",
    "Budgets",
    "Calendar",
    "CalendarCount",
    "CalendarEntry",
    "CalendarFeeds",
    "Deliveries",
    "DeliveryClaim",
    "DispatchQuery",
    "DispatchSorting",
    "Dispatches",
    "DoneWith",
    "Drafts",
    "ErrorReport",
    "ErrorReports",
    "Expired",
    "FollowUpQuery",
    "FollowedUp",
    "FormSummary",
    "Forms",
    "InboxAnswers",
    "InboxMessages",
    "Ledger",
    "ListedDispatch",
    "ListedVisit",
    "LogEntry",
    "LogQuery",
    "LoggedEntry",
    "Names",
    "OccasionCell",
    "Occasions",
    "OpenSession",
    "Order",
    "Overview",
    "Packages",
    "PlannedOccasion",
    "PlatformRefusals",
    "Progress",
    "PunctualDay",
    "Punctuality",
    "Remaining",
    "Reminder",
    "ResponseRate",
    "RightGrants",
    "SentBefore",
    "SentForms",
    "Sessions",
    "ShownSend",
    "SignedInPerson",
    "Store",
    "Texting",
    "Tokens",
    "Transaction",
    "Units",
    "Unnotified",
    "Uploads",
    "VisitPlaces",
    "VisitQuery",
    "Visits",
    "WatchedForms",
]


class Transaction(Protocol):
    """Everything that one transaction can reach."""

    @property
    def units(self) -> Units: ...
    @property
    def forms(self) -> Forms: ...
    @property
    def packages(self) -> Packages: ...
    @property
    def dispatches(self) -> Dispatches: ...
    @property
    def brakes(self) -> Brakes: ...
    @property
    def calendar(self) -> Calendar: ...
    @property
    def sent_before(self) -> SentBefore: ...
    @property
    def calendar_feeds(self) -> CalendarFeeds: ...
    @property
    def overview(self) -> Overview: ...
    @property
    def punctuality(self) -> Punctuality: ...
    @property
    def occasions(self) -> Occasions: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def names(self) -> Names: ...
    @property
    def follow_up(self) -> SentForms: ...
    @property
    def inbox_messages(self) -> InboxMessages: ...
    @property
    def inbox_answers(self) -> InboxAnswers: ...
    @property
    def error_reports(self) -> ErrorReports: ...
    @property
    def expired(self) -> Expired: ...
    @property
    def platform_refusals(self) -> PlatformRefusals: ...
    @property
    def watched_forms(self) -> WatchedForms: ...
    @property
    def access_log(self) -> AccessLog: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def texting(self) -> Texting: ...
    @property
    def budgets(self) -> Budgets: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def visits(self) -> Visits: ...
    @property
    def visit_places(self) -> VisitPlaces: ...
    @property
    def grants(self) -> RightGrants: ...
    @property
    def approvals(self) -> Approvals: ...


class Store(Protocol):
    def transaction(self, step: Step | None = None) -> AbstractContextManager[Transaction]:
        """Commit at the end of the block, or roll back if it raises. `step` names what it does."""

"""The tables, and what their indexes make impossible. Rows never leave the store."""

from utskick.store.tables.approvals import ApprovalRow
from utskick.store.tables.base import Row, SealedRow, UtcDateTime
from utskick.store.tables.brakes import BrakeRow
from utskick.store.tables.calendar import CalendarFeedRow
from utskick.store.tables.deliveries import (
    DeliveryRow,
    InboxMessageRow,
    PunctualityRow,
    ReminderRow,
)
from utskick.store.tables.desk import (
    NeighbourBudgetRow,
    PlatformRefusalRow,
    SenderRow,
    SmsRow,
    UploadRow,
)
from utskick.store.tables.dispatches import (
    DispatchFormRow,
    DispatchRow,
    InboxAnswerRow,
    OccasionRow,
    PersonNameRow,
    PersonRow,
    RecipientRow,
)
from utskick.store.tables.drafts import DraftRow
from utskick.store.tables.journal import (
    AccessLogRow,
    BlockedFormRow,
    ErrorMailRow,
    ErrorReportRow,
    LogBeforeKeysRow,
    LogStartRow,
)
from utskick.store.tables.keys import DataKeyRow, VaultKeyRow
from utskick.store.tables.reference import (
    FormTemplateRow,
    PackageTemplateRow,
    SubscriptionRow,
    UnitRow,
)
from utskick.store.tables.staff import (
    RightGrantRow,
    StaffMemberRow,
    StaffSessionRow,
    TokenRow,
)
from utskick.store.tables.visits import (
    StandingDispatchRow,
    VisitRow,
    VisitSendRow,
    VisitStampRow,
)

__all__ = [
    "AccessLogRow",
    "ApprovalRow",
    "BlockedFormRow",
    "BrakeRow",
    "CalendarFeedRow",
    "DataKeyRow",
    "DeliveryRow",
    "DispatchFormRow",
    "DispatchRow",
    "DraftRow",
    "ErrorMailRow",
    "ErrorReportRow",
    "FormTemplateRow",
    "InboxAnswerRow",
    "InboxMessageRow",
    "LogBeforeKeysRow",
    "LogStartRow",
    "NeighbourBudgetRow",
    "OccasionRow",
    "PackageTemplateRow",
    "PersonNameRow",
    "PersonRow",
    "PlatformRefusalRow",
    "PunctualityRow",
    "RecipientRow",
    "ReminderRow",
    "RightGrantRow",
    "Row",
    "SealedRow",
    "SenderRow",
    "SmsRow",
    "StaffMemberRow",
    "StaffSessionRow",
    "StandingDispatchRow",
    "SubscriptionRow",
    "TokenRow",
    "UnitRow",
    "UploadRow",
    "UtcDateTime",
    "VaultKeyRow",
    "VisitRow",
    "VisitSendRow",
    "VisitStampRow",
]

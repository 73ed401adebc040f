"""The numbers that installations may choose; `config.settings` describes each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from utskick.domain.calendar import STOCKHOLM, SendingWindow, send_deadline
from utskick.domain.inbox_budget import InboxBudget
from utskick.domain.limits import Limits
from utskick.domain.occasions import Occasion
from utskick.domain.packages import FORMS_DESK
from utskick.domain.personnummer import Personnummer, parse_personnummer
from utskick.domain.retention import Retention
from utskick.domain.rights import EVERY_COMMISSION, Right
from utskick.domain.units import Unit

RIGHT_ROLES: Mapping[Right, tuple[str, ...]] = {
    Right.DISPATCH: (EVERY_COMMISSION,),
    Right.FOLLOW_UP: (EVERY_COMMISSION,),
    Right.FORM_DESIGN: ("UTSKICK;Formulärdesign",),
    Right.LOCAL_ADMINISTRATION: ("UTSKICK;Lokal förvaltning",),
    Right.REGIONAL_ADMINISTRATION: ("UTSKICK;Förvaltning",),
    Right.LOG: ("UTSKICK;Logg",),
}
"""Which system roles in HSA give which right, unless settings say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Defaults are those of production: leases and settling fit the national platform's limit.

    And but for the inbox's pace. What it has said of a person holds for `inbox_remembered` while
    staff start something, and for `inbox_fresh` when it is sent; a page or a start waits for it no
    longer than `inbox_patience_s`.
    `stop_heard_within_s` is how long a run may go on after it was last known to be allowed to
    send: after a stop, no call leaves later than that.
    """

    zone: ZoneInfo = STOCKHOLM
    trial_residents: Mapping[str, str] = field(default_factory=dict, repr=False)
    lead: timedelta = timedelta(minutes=2)
    lead_for_each_other: timedelta = timedelta(seconds=0.5)
    longest_lead: timedelta = timedelta(minutes=30)
    late_after: timedelta = timedelta(minutes=1)
    grace: timedelta = timedelta(hours=2)
    opens: time = time(7)
    closes: time = time(21)
    lease_s: float = 80
    stop_heard_within_s: float = 1
    retry_delays_s: tuple[float, ...] = (4, 20, 300, 1800)
    settle_s: float = 180
    clock_skew_s: float = 60
    adopts_changed_dates: bool = False
    manual_after_s: float = 4 * 3600
    most_unclear_calls: int = 5
    forms_concurrency: int = 50
    inbox_concurrency: int = 50
    inbox_per_s: float = 50
    inbox_batch: int = 1000
    inbox_pause_s: float = 0
    inbox_patience_s: float = 1
    inbox_remembered: timedelta = timedelta(hours=12)
    inbox_fresh: timedelta = timedelta(0)
    persons_per_s: float = 10
    persons_batch: int = 100
    recently_sent_days: int = 7
    max_recipients: int = Limits().recipients
    accept_coordination_numbers: bool = False
    forms_desk: str = FORMS_DESK
    operators: tuple[str, ...] = (FORMS_DESK,)
    error_domains: tuple[str, ...] = ()
    resident_url: str = "https://formular.1177.se"
    sms_hosts: tuple[str, ...] = ("1177.se", "vgregion.se")
    application: str = "UTSKICK"
    purposes: tuple[str, ...] = ("Vård och behandling",)
    approval_above: int = 0
    approval_within: timedelta = timedelta(days=7)
    right_roles: Mapping[Right, tuple[str, ...]] = field(default_factory=lambda: RIGHT_ROLES)
    retention: Retention = field(default_factory=Retention)

    @property
    def limits(self) -> Limits:
        return Limits(self.max_recipients)

    @property
    def window(self) -> SendingWindow:
        return SendingWindow(opens=self.opens, closes=self.closes)

    def today(self, now: datetime) -> date:
        """The day that it is for staff and residents."""
        return now.astimezone(self.zone).date()

    def personnummer(self, text: str, now: datetime) -> Personnummer:
        """Parse a number that this installation accepts. Raises `InvalidPersonnummer`."""
        return parse_personnummer(
            text,
            accept_coordination_numbers=self.accept_coordination_numbers,
            today=self.today(now),
        )

    def hours_of(self, unit: Unit | None) -> SendingWindow:
        """When the unit may well send: its own hours, or everybody's."""
        return unit.sending_hours if unit and unit.sending_hours else self.window

    def warning_now(self, now: datetime, *, unit: Unit) -> str | None:
        """What staff should know who send something that 1177 notifies of, now."""
        return self.hours_of(unit).warning_now(now.astimezone(self.zone).time())

    @property
    def inbox_budget(self) -> InboxBudget:
        return InboxBudget(
            per_s=self.inbox_per_s, batch=self.inbox_batch, pause_s=self.inbox_pause_s
        )

    def starts_at(self, occasion: Occasion) -> datetime:
        """When its run starts to prepare: the earlier, the more are due at the same minute.

        So all are prepared when the minute comes, the inbox has been asked about everybody, and
        the starts do not come all at once.
        """
        asking = timedelta(seconds=self.inbox_budget.seconds(occasion.questions_due))
        lead = self.lead + occasion.others_due * self.lead_for_each_other + asking
        return occasion.sends_at - max(self.lead, min(lead, self.longest_lead))

    def send_until(self, occasion: Occasion) -> datetime:
        """Until when an occasion may be sent; after that it is missed.

        One that staff send by hand may be sent at any hour, since they chose to.
        """
        if occasion.by_hand_at is not None:
            return occasion.by_hand_at + self.grace
        return send_deadline(
            occasion.sends_at,
            grace=self.grace,
            window=self.window,
            zone=self.zone,
            punctual_for=self.late_after,
        )

    def retry_delay_s(self, retries: int) -> float:
        """How long to wait before the next try; the last delay goes on for ever (I15)."""
        return self.retry_delays_s[min(retries, len(self.retry_delays_s) - 1)]

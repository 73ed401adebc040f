"""Everything the system talks to, on one page.

Whatever a neighbour answers is one of four things: a result, or one of the failures below. The
rule that decides between them (I5): only "the connection was never opened", 429, a documented
refusal, and a call that our own platform did not forward mean that it was *not applied*. Every
time-out, reset, cut body and every other fault leaves it unknown. Reading changes nothing, so a
reading that fails is always a `TemporaryFailure`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from utskick.domain.certificates import Certificate
from utskick.domain.deliveries import FormId, FormStatus, Refusal
from utskick.domain.dispatches import DispatchId
from utskick.domain.forms import FormTemplateId
from utskick.domain.languages import SWEDISH
from utskick.domain.log_chain import LogHead
from utskick.domain.message_names import MessageFault, MessageValues
from utskick.domain.names import full_name
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.domain.sheets import Sheet
from utskick.domain.sms import MobileNumber
from utskick.domain.staff import SignInAttempt, StaffClaims
from utskick.domain.tables import Rows
from utskick.domain.template_catalogue import ListedVersion
from utskick.domain.units import HsaId

still_wanted: ContextVar[Callable[[], bool]] = ContextVar("still_wanted", default=lambda: True)
"""Whether somebody waits for the answer; what may take long asks, and ends when nobody does."""


class TemporaryFailure(Exception):
    """Not applied; the same call may well succeed later, after `retry_after_s` if given."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class PlatformRefusal(TemporaryFailure):
    """The platform that we call did not forward it: not applied, whoever it was about.

    What is wrong is ours to mend with those who run the platform (an agreement, an address, a
    certificate), so operators hear of it, and no person is refused. `code` is the platform's own,
    such as `VP007`; `contract` is what was called.
    """

    def __init__(self, code: str, *, contract: str) -> None:
        super().__init__(f"{contract}: refused by the platform, {code}")
        self.code = code
        self.contract = contract


class PermanentFailure(Exception):
    """Not applied; the same call will be refused again, for `reason`."""

    def __init__(self, message: str, *, reason: Refusal = Refusal.REFUSED_BY_1177) -> None:
        super().__init__(message)
        self.reason = reason


class Withheld(Exception):
    """Nothing has left, as the caller's time for it was over."""


class UnknownOutcome(Exception):
    """The call may have been applied: never repeat it before it has been read back."""


class RefusedFurtherOn(UnknownOutcome):
    """A platform behind ours did not forward it, and ours may have carried it on before.

    What is wrong is as plain as of a `PlatformRefusal`, so operators hear of it alike.
    """

    def __init__(self, code: str, *, contract: str) -> None:
        super().__init__(f"{contract}: refused by a platform further on, {code}")
        self.code = code
        self.contract = contract


@dataclass(frozen=True, slots=True, kw_only=True)
class FormOrder:
    """What the form service needs to make one form for one resident.

    `reference` follows the call through the national platform's logs; the service gives it back
    nowhere, so nothing can be settled by it.
    """

    unit_id: HsaId
    personnummer: Personnummer
    template_id: FormTemplateId
    answer_by: date
    purge_after: date
    banner: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundForm:
    """A form that exists, whoever made it. What is missing or cannot be read of it is `None`.

    The contract gives local time in whole seconds without zone: an hour that comes twice in
    autumn has two meanings, `created_at` (the earliest) and `created_at_latest`; both are there,
    or none.
    """

    id: FormId | None
    template_id: FormTemplateId | None
    created_at: datetime | None
    created_at_latest: datetime | None
    answer_by: date | None
    purge_after: date | None
    status: FormStatus | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered. By whom, the resident or a guardian (ombud), the service does not say."""

    form_id: FormId
    status: FormStatus
    answers: tuple[tuple[str, str], ...]


class FormService(Protocol):
    """The national form engine (forminteraction 2.0)."""

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        """Make one form. No idempotency key: twice the call is twice the form.

        `may_leave` is asked when the connection is open, last of all before bytes leave (I4).
        Raises `Withheld` if it said no; `TemporaryFailure`, `PermanentFailure`, `UnknownOutcome`.
        """

    async def find_forms(
        self,
        *,
        unit_id: HsaId,
        personnummer: Personnummer,
        template_ids: Collection[FormTemplateId],
    ) -> Sequence[FoundForm]:
        """The forms of these templates that the unit has given the person.

        And those of which it cannot be read what template they are of: one that is odd costs none
        of the others. One that names another person or unit is odd, and has no `id`.
        """

    async def form_templates(self, unit_id: HsaId) -> Mapping[FormTemplateId, bool]:
        """The templates available to the unit, and for each whether it can be sent now.

        `False` is archived; a template that is absent is not the unit's to send. The service
        lists each version of a template; `domain.forms.by_version` makes one answer of them.
        """

    async def list_templates(self, unit_id: HsaId) -> Sequence[ListedVersion]:
        """Every version of what is available to the unit, with its names."""

    async def read_answer(self, form_id: FormId) -> Answer:
        """What the resident has answered so far. Raises `PermanentFailure` if it is not there."""


@dataclass(frozen=True, slots=True)
class InboxUser:
    """Whether the person has a 1177 account, and how 1177 notifies them (avisering)."""

    active: bool
    notified_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMessage:
    """A message for 1177's inbox. Its link leads to `forms`; without any, to all there are."""

    unit_id: HsaId
    unit_name: str
    heading: str
    text: str
    forms: tuple[FormId, ...] = ()


class Inbox(Protocol):
    """1177 inkorg (patientportal)."""

    async def user(self, personnummer: Personnummer) -> InboxUser:
        """Ask `IsActiveUser`."""

    async def add_message(
        self,
        personnummer: Personnummer,
        message: InboxMessage,
        *,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        """Leave one message. Cannot be read back: at most once after `UnknownOutcome` (I10).

        `may_leave` is asked as for a form (I4). Raises `Withheld` if the answer was no.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """What the population register says; `None` in its place: it knows no such person.

    `changed_number`: the person has got another number, which is none of ours to show.
    `deregistered`: for any other reason than death, emigration and a changed number, or for one
    that is not given. `unreadable`: what was answered says nothing. Of protected persons there is
    no name.
    """

    protected: bool = False
    deceased: bool = False
    emigrated: bool = False
    changed_number: bool = False
    deregistered: bool = False
    unreadable: bool = False
    given_name: str = field(default="", repr=False)
    surname: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """As it is shown."""
        return "" if self.protected else full_name(self.given_name, self.surname)


class Persons(Protocol):
    """The population register (GetPersonsForProfile 5, profile P1)."""

    async def look_up(
        self, numbers: Sequence[Personnummer]
    ) -> Mapping[Personnummer, PersonRecord | None]:
        """One record for each number asked for; an odd one costs none of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A plain-text mail. Never holds a personnummer: mail is not a safe channel.

    `to` is everybody whom it is for, whoever has got it already.
    """

    to: tuple[str, ...]
    subject: str
    body: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """For whom a relay did not take a mail: the `deferred` may be tried again."""

    deferred: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


class Mailer(Protocol):
    """The region's mail relay."""

    def send(self, mail: Mail, *, to: Collection[str]) -> NotTaken:
        """Hand it over for these of its addresses; a relay answers for each by itself.

        What is the same for all is raised: `TemporaryFailure`, `PermanentFailure` or
        `UnknownOutcome`.
        """


class SmsGateway(Protocol):
    """The region's gateway from mail to SMS."""

    def send(self, number: MobileNumber, text: str) -> None:
        """Hand over one SMS, at most once (I10).

        Raises `TemporaryFailure`, `PermanentFailure` or `UnknownOutcome`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class OccasionPlan:
    """What the scheduler must know of an occasion. Shown to operators: no personal data."""

    occasion_id: OccasionId
    dispatch_id: DispatchId
    number: int
    of: int
    version: int
    starts_at: datetime
    local: datetime
    package_name: str
    unit_id: HsaId
    form_names: tuple[str, ...]
    recipients: int


@dataclass(frozen=True, slots=True)
class ScheduledOccasion:
    """A registered occasion, as the scheduler knows it. `waiting`: something will start it."""

    occasion_id: OccasionId
    version: int
    waiting: bool


@dataclass(frozen=True, slots=True)
class RunUnderWay:
    """A run that the scheduler takes to be under way, `since` its state changed.

    Runs of flows that are no occasion's hold no lease that shows whether they live.
    """

    token: RunToken
    of_occasion: bool
    since: datetime


class Scheduler(Protocol):
    """Starts `run occasion` at the right time. All methods are idempotent.

    Each raises `TemporaryFailure` when the scheduler is away; the reconciler comes back to it.
    """

    def register_all(self, plans: Collection[OccasionPlan], *, now: datetime) -> None:
        """See to it that each is started at its `starts_at`, or at once if that has passed."""

    def start_now(self, plan: OccasionPlan, *, attempt: str, now: datetime) -> None:
        """Start a run of the occasion now, once for each `attempt`."""

    def remove_all(self, occasion_ids: Collection[OccasionId]) -> None:
        """Forget the occasions, with whatever of them has not been started.

        What has been started goes on, and what has ended stays visible.
        """

    def count_waiting(self) -> int:
        """How many occasions it knows of which nothing is under way, without looking at each."""

    def registered(
        self,
        *,
        only: Collection[OccasionId] | None = None,
        dead: Collection[RunToken] = (),
        now: datetime,
    ) -> Sequence[ScheduledOccasion]:
        """Every occasion that the scheduler knows, or those of `only` that it does.

        The `dead` runs start nothing any more.
        """

    def under_way(self) -> Sequence[RunUnderWay]:
        """Every run that holds a place of the scheduler's limits, whatever flow it is of."""

    def report_dead(self, tokens: Collection[RunToken]) -> None:
        """These have died without a word: they hold their places no longer.

        What has ended stays as it ended, and what the scheduler does not know is passed over.
        """


class SignIn(Protocol):
    """The identity provider of staff (OpenID Connect: code, PKCE, nonce, state)."""

    async def begin(
        self, *, redirect_uri: str, return_to: str, anew: bool = False, now: datetime
    ) -> tuple[str, SignInAttempt]:
        """Where to send the browser, and what its answer must fit. Raises `TemporaryFailure`."""

    async def finish(self, code: str, *, attempt: SignInAttempt, redirect_uri: str) -> StaffClaims:
        """Who it was. Raises `SignInFailed` or `TemporaryFailure`."""

    async def sign_out(self, sign_in_id: UUID | None, *, return_to: str) -> str | None:
        """Where to send the browser so that the provider forgets it too; `None`: nowhere.

        Raises `TemporaryFailure`.
        """


class SignInAttempts(Protocol):
    """Sign-ins under way, each kept by the browser that began it, so that none costs us a row."""

    def seal(self, attempt: SignInAttempt) -> str:
        """What the browser keeps: it cannot be read or changed there."""

    def take(self, sealed: str, *, state: str, now: datetime) -> SignInAttempt:
        """Each works once. Raises `SignInFromElsewhere` or `SignInTooLate`."""


class LogHeads(Protocol):
    """What the access log's chains have ended with, where the database does not reach.

    Only ever added to.
    """

    def add(self, heads: Sequence[LogHead]) -> None:
        """Keep them; they outlive a power cut. Raises `OSError`."""

    def of(self, unit_id: HsaId) -> Sequence[LogHead]:
        """All of a unit's, as they were added."""

    def newest(self, unit_id: HsaId) -> LogHead | None: ...

    def units(self) -> Sequence[HsaId]:
        """Whose heads there are."""


class Certificates(Protocol):
    """The certificates by which we and our neighbours know each other."""

    def look(self) -> Sequence[Certificate]:
        """Every one that the settings name, as its file is now."""


class Texts(Protocol):
    """Every Swedish text longer than a label, and the messages that staff write."""

    def faults(self, message: str, *, language: str = SWEDISH) -> Sequence[MessageFault]:
        """What of a message that staff write is neither text nor in `domain.message_names`."""

    def fill_in(self, message: str, values: MessageValues, *, language: str = SWEDISH) -> str:
        """A message without faults, its dates and plurals as the language has them."""

    def read(self, name: str) -> str:
        """A text of the repository as it stands, placeholders and all."""

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """A text of the repository (`templates/`), by its path."""


class Spreadsheets(Protocol):
    """Spreadsheet files (.xlsx)."""

    def read(self, raw: bytes) -> Sequence[Sheet]:
        """All sheets, and what of them is not seen.

        Raises `UnreadableFile`, `FileTooLarge`, or `StillBusy`.
        """

    def write(self, rows: Rows, *, name: str) -> bytes:
        """A file with one sheet, `name`, in which no text is run as a formula."""


class Clock(Protocol):
    """Time for what has to wait. Everything else gets `now` as an argument."""

    def now(self) -> datetime:
        """The wall clock: aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump: for deadlines (I13)."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def pause(self, seconds: float) -> None:
        """Wait, in a thread that may."""

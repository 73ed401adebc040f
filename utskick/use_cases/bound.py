"""Every use case, bound once to the neighbours that it names.

A use case is a class in the module of its verb: its fields are its neighbours, and its methods
are called with ids, an actor and choices.
"""

from dataclasses import fields
from typing import Generic, TypeVar

from utskick.use_cases.administer_forms import AdministerForms
from utskick.use_cases.administer_packages import AdministerPackages
from utskick.use_cases.administer_rights import AdministerRights
from utskick.use_cases.administer_units import AdministerUnits
from utskick.use_cases.admit_system import AdmitSystem
from utskick.use_cases.apply_region import ApplyRegion
from utskick.use_cases.ask_about_recipients import AskAboutRecipients
from utskick.use_cases.browse_follow_up import BrowseFollowUp
from utskick.use_cases.change_visits import ChangeVisits
from utskick.use_cases.check_access_log import CheckAccessLog
from utskick.use_cases.clean_up import CleanUp
from utskick.use_cases.compare_ledger import CompareLedger
from utskick.use_cases.copy_dispatch import CopyDispatch
from utskick.use_cases.current_session import CurrentSession
from utskick.use_cases.decide_approval import DecideApproval
from utskick.use_cases.end_occasion import EndOccasion
from utskick.use_cases.fetch_templates import FetchTemplates
from utskick.use_cases.find_already_sent import FindAlreadySent
from utskick.use_cases.follow_up import FollowUp
from utskick.use_cases.form_link import FormLink
from utskick.use_cases.import_recipients import ImportRecipients
from utskick.use_cases.keep_draft import KeepDraft
from utskick.use_cases.list_changes import ListChanges
from utskick.use_cases.list_dispatches import ListDispatches
from utskick.use_cases.list_forms import ListForms
from utskick.use_cases.list_outages import ListOutages
from utskick.use_cases.load_region import LoadRegion
from utskick.use_cases.look_up_recipients import LookUpRecipients
from utskick.use_cases.manage_tokens import ManageTokens
from utskick.use_cases.mark_purged import MarkPurged
from utskick.use_cases.mark_restored import MarkRestored
from utskick.use_cases.note_answered import NoteAnswered
from utskick.use_cases.notify_recipients import NotifyRecipients
from utskick.use_cases.open_answer import OpenAnswer
from utskick.use_cases.open_dispatch import OpenDispatch
from utskick.use_cases.open_draft import OpenDraft
from utskick.use_cases.open_visits import OpenVisits
from utskick.use_cases.own_sessions import OwnSessions
from utskick.use_cases.preview_dispatch import PreviewDispatch
from utskick.use_cases.preview_message import PreviewMessage
from utskick.use_cases.pull_brake import PullBrake
from utskick.use_cases.purge_expired import PurgeExpired
from utskick.use_cases.read_access_log import ReadAccessLog
from utskick.use_cases.read_visit_list import ReadVisitList
from utskick.use_cases.remove_recipient import RemoveRecipient
from utskick.use_cases.restart_dispatch import RestartDispatch
from utskick.use_cases.restore_recipient import RestoreRecipient
from utskick.use_cases.send_form import SendForm
from utskick.use_cases.send_missed_occasion import SendMissedOccasion
from utskick.use_cases.send_reminder import SendReminder
from utskick.use_cases.send_sms import SendSms
from utskick.use_cases.send_to_me import SendToMe
from utskick.use_cases.set_sending_hours import SetSendingHours
from utskick.use_cases.share_calendar import ShareCalendar
from utskick.use_cases.show_calendar import ShowCalendar
from utskick.use_cases.show_progress import ShowProgress
from utskick.use_cases.show_punctuality import ShowPunctuality
from utskick.use_cases.show_started import ShowStarted
from utskick.use_cases.sign_in import SigningIn
from utskick.use_cases.sign_out_person import SignOutPerson
from utskick.use_cases.standing_dispatches import StandingDispatches
from utskick.use_cases.start_dispatch import StartDispatch
from utskick.use_cases.stop_dispatch import StopDispatch
from utskick.use_cases.try_package import TryPackage
from utskick.use_cases.upload_spec import UploadSpec
from utskick.use_cases.warn_by_hand import WarnByHand
from utskick.use_cases.watch_certificates import WatchCertificates
from utskick.use_cases.watch_templates import WatchTemplates

UseCase = TypeVar("UseCase")


class Bound(Generic[UseCase]):
    """The use case, with the attributes of its owner that bear the names of its fields."""

    def __init__(self, use_case: type[UseCase]) -> None:
        self.use_case = use_case
        self._names = [field.name for field in fields(use_case)]  # type: ignore[arg-type]  # each is a dataclass

    def __get__(self, owner: object, _type: type) -> UseCase:
        return self.use_case(**{name: getattr(owner, name) for name in self._names})


class UseCases:
    """For whoever has the neighbours as attributes."""

    __slots__ = ()
    administer_forms = Bound(AdministerForms)
    administer_packages = Bound(AdministerPackages)
    administer_rights = Bound(AdministerRights)
    administer_units = Bound(AdministerUnits)
    admit_system = Bound(AdmitSystem)
    apply_region = Bound(ApplyRegion)
    ask_about_recipients = Bound(AskAboutRecipients)
    browse_follow_up = Bound(BrowseFollowUp)
    change_visits = Bound(ChangeVisits)
    check_access_log = Bound(CheckAccessLog)
    clean_up = Bound(CleanUp)
    compare_ledger = Bound(CompareLedger)
    copy_dispatch = Bound(CopyDispatch)
    current_session = Bound(CurrentSession)
    decide_approval = Bound(DecideApproval)
    end_occasion = Bound(EndOccasion)
    fetch_templates = Bound(FetchTemplates)
    find_already_sent = Bound(FindAlreadySent)
    follow_up = Bound(FollowUp)
    form_link = Bound(FormLink)
    import_recipients = Bound(ImportRecipients)
    keep_draft = Bound(KeepDraft)
    list_changes = Bound(ListChanges)
    list_dispatches = Bound(ListDispatches)
    list_forms = Bound(ListForms)
    list_outages = Bound(ListOutages)
    load_region = Bound(LoadRegion)
    look_up_recipients = Bound(LookUpRecipients)
    manage_tokens = Bound(ManageTokens)
    mark_purged = Bound(MarkPurged)
    mark_restored = Bound(MarkRestored)
    note_answered = Bound(NoteAnswered)
    notify_recipients = Bound(NotifyRecipients)
    open_answer = Bound(OpenAnswer)
    open_dispatch = Bound(OpenDispatch)
    open_draft = Bound(OpenDraft)
    open_visits = Bound(OpenVisits)
    own_sessions = Bound(OwnSessions)
    preview_dispatch = Bound(PreviewDispatch)
    preview_message = Bound(PreviewMessage)
    pull_brake = Bound(PullBrake)
    purge_expired = Bound(PurgeExpired)
    read_access_log = Bound(ReadAccessLog)
    read_visit_list = Bound(ReadVisitList)
    remove_recipient = Bound(RemoveRecipient)
    restart_dispatch = Bound(RestartDispatch)
    restore_recipient = Bound(RestoreRecipient)
    send_form = Bound(SendForm)
    send_missed_occasion = Bound(SendMissedOccasion)
    send_reminder = Bound(SendReminder)
    send_sms = Bound(SendSms)
    set_sending_hours = Bound(SetSendingHours)
    send_to_me = Bound(SendToMe)
    share_calendar = Bound(ShareCalendar)
    show_calendar = Bound(ShowCalendar)
    show_progress = Bound(ShowProgress)
    show_punctuality = Bound(ShowPunctuality)
    show_started = Bound(ShowStarted)
    sign_out_person = Bound(SignOutPerson)
    signing_in = Bound(SigningIn)
    standing_dispatches = Bound(StandingDispatches)
    start_dispatch = Bound(StartDispatch)
    stop_dispatch = Bound(StopDispatch)
    try_package = Bound(TryPackage)
    upload_spec = Bound(UploadSpec)
    warn_by_hand = Bound(WarnByHand)
    watch_certificates = Bound(WatchCertificates)
    watch_templates = Bound(WatchTemplates)

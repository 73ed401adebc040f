"""Settings → `Rules`."""

from datetime import timedelta
from urllib.parse import urlsplit

from config.settings import Settings, SignInSettings
from utskick.domain.call_times import CallTimes
from utskick.domain.retention import Retention
from utskick.domain.rights import Right
from utskick.domain.rules import Rules


def rules_of(settings: Settings) -> Rules:
    """The numbers that the domain and the use cases go by."""
    timing = settings.timing
    return Rules(
        zone=timing.zone,
        lead=timedelta(seconds=timing.lead_s),
        lead_for_each_other=timedelta(seconds=timing.lead_for_each_other_s),
        longest_lead=timedelta(seconds=timing.longest_lead_s),
        late_after=timedelta(seconds=timing.late_after_s),
        grace=timedelta(seconds=timing.grace_s),
        opens=timing.opens,
        closes=timing.closes,
        lease_s=timing.lease_s,
        retry_delays_s=timing.retry_delays_s,
        settle_s=settings.forms.settle_s,
        clock_skew_s=settings.forms.clock_skew_s,
        adopts_changed_dates=settings.forms.adopts_changed_dates,
        manual_after_s=settings.forms.manual_after_s,
        most_unclear_calls=settings.forms.most_unclear_calls,
        forms_concurrency=settings.forms.concurrency,
        inbox_concurrency=settings.inbox.concurrency,
        inbox_per_s=settings.inbox.per_s,
        inbox_batch=settings.inbox.batch,
        inbox_pause_s=settings.inbox.pause_s,
        inbox_patience_s=settings.inbox.patience_s,
        inbox_remembered=timedelta(seconds=settings.inbox.remembered_s),
        inbox_fresh=timedelta(seconds=settings.inbox.fresh_s),
        persons_per_s=settings.persons.per_s,
        persons_batch=settings.persons.batch,
        recently_sent_days=settings.recently_sent_days,
        max_recipients=settings.max_recipients,
        accept_coordination_numbers=settings.accept_coordination_numbers,
        forms_desk=settings.forms_desk,
        operators=settings.operators or (settings.forms_desk,),
        error_domains=settings.error_domains,
        resident_url=settings.residents.url,
        sms_hosts=(*settings.sms_hosts, urlsplit(settings.residents.url).hostname or ""),
        application=settings.residents.application,
        purposes=settings.sign_in.purposes,
        trial_residents={
            staff_id: number.get_secret_value()
            for staff_id, number in settings.trial.residents.items()
        },
        approval_above=settings.approval.above,
        approval_within=timedelta(days=settings.approval.days),
        right_roles=right_roles_of(settings.sign_in),
        retention=Retention(**settings.retention.model_dump()),
    )


def right_roles_of(sign_in: SignInSettings) -> dict[Right, tuple[str, ...]]:
    """Which system roles give which right."""
    return {
        Right.LOG: (sign_in.manager_role,),
        Right.REGIONAL_ADMINISTRATION: (sign_in.administrator_role,),
        Right.DISPATCH: sign_in.dispatch_roles,
        Right.FOLLOW_UP: sign_in.follow_up_roles,
        Right.FORM_DESIGN: sign_in.form_design_roles,
        Right.LOCAL_ADMINISTRATION: sign_in.local_administration_roles,
    }


def times_of(settings: Settings) -> CallTimes:
    """The numbers that must fit each other, wherever they are chosen."""
    forms = settings.forms
    return CallTimes(
        answers_within=settings.platform.answers_within_s,
        connect=forms.connect_timeout_s,
        reads={"forms": forms.read_timeout_s, "inbox": settings.inbox.read_timeout_s},
        lease=settings.timing.lease_s,
        settle=forms.settle_s,
        manual_after=forms.manual_after_s,
    )

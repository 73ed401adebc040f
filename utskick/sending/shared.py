"""What the runs of one process share."""

from dataclasses import dataclass

from utskick.domain.rules import Rules
from utskick.ports import Clock, FormService, Inbox, PersonRecord, Persons
from utskick.records import Store
from utskick.sending.accounts import Accounts
from utskick.sending.call_slots import CallSlots
from utskick.sending.check_forms import TemplateLists
from utskick.sending.form_sender import FormSender
from utskick.sending.heartbeat import Heartbeat
from utskick.sending.message_gate import MessageGate
from utskick.sending.shared_questions import (
    SharedQuestions,
    shared_register,
)
from utskick.sending.shared_template_lists import SharedTemplateLists


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What they send with, what keeps their occasions, and whom they ask before they send."""

    sender: FormSender
    heartbeat: Heartbeat
    templates: TemplateLists
    register: SharedQuestions[PersonRecord | None]
    accounts: Accounts
    message_gate: MessageGate


def shared(
    *,
    store: Store,
    forms: FormService,
    persons: Persons,
    inbox: Inbox,
    clock: Clock,
    rules: Rules,
    templates: TemplateLists | None = None,
) -> Shared:
    """Make it, once for each process. `templates` replaces the lists shared for some seconds."""
    call_slots = CallSlots(rules)
    accounts = Accounts(inbox, store=store, clock=clock, rules=rules)
    return Shared(
        sender=FormSender(
            store=store, forms=forms, call_slots=call_slots, clock=clock, rules=rules
        ),
        heartbeat=Heartbeat(store=store, call_slots=call_slots, rules=rules),
        templates=templates or SharedTemplateLists(forms, clock),
        register=shared_register(persons, store=store, clock=clock, rules=rules),
        accounts=accounts,
        message_gate=MessageGate(accounts, clock=clock, rules=rules),
    )

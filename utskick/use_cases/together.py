"""What the runs of one process share."""

from dataclasses import dataclass

from utskick.domain.rules import Rules
from utskick.ports import Clock, FormService, Inbox, InboxUser, PersonRecord, Persons
from utskick.records import Store
from utskick.use_cases.check_forms import TemplateLists
from utskick.use_cases.form_sender import FormSender
from utskick.use_cases.heart import Heart
from utskick.use_cases.shared_questions import (
    SharedQuestions,
    shared_accounts,
    shared_register,
)
from utskick.use_cases.shared_template_lists import SharedTemplateLists
from utskick.use_cases.turns import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What they send with, what keeps their occasions, and whom they ask before they send."""

    sender: FormSender
    heart: Heart
    templates: TemplateLists
    register: SharedQuestions[PersonRecord | None]
    accounts: SharedQuestions[InboxUser]


def together(
    *,
    store: Store,
    forms: FormService,
    persons: Persons,
    inbox: Inbox,
    clock: Clock,
    rules: Rules,
    templates: TemplateLists | None = None,
) -> Together:
    """For one process. `templates` in place of answers that are shared for some seconds."""
    turns = Turns(rules)
    return Together(
        sender=FormSender(store=store, forms=forms, turns=turns, clock=clock, rules=rules),
        heart=Heart(store=store, turns=turns, rules=rules),
        templates=templates or SharedTemplateLists(forms, clock),
        register=shared_register(persons, store=store, clock=clock, rules=rules),
        accounts=shared_accounts(inbox, store=store, clock=clock, rules=rules),
    )

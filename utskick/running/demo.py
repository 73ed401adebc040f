"""The demo: everything started, one package delivered, one blocked, and held against the truth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from utskick.domain.dispatches import Dispatch
from utskick.records import FormSummary
from utskick.running.stack import Stack


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the local 1177 or the mailbox does not hold as our table says."""

    what: str
    said: int
    found: int


def differences(
    dispatch: Dispatch, forms: Sequence[FormSummary], stack: Stack
) -> list[Difference]:
    """Count in the neighbours, not in our own tables."""
    truth = httpx.get(f"{stack.local_1177_url}/control/truth", timeout=10).json()
    theirs = [f for f in truth["forms"] if f["unit"] == dispatch.unit_id]
    made = Counter(form["templateName"] for form in theirs)
    said = {form.form_name: form.sent for form in forms}
    found = [
        Difference(f"forms of {name}", said.get(name, 0), made.get(name, 0))
        for name in sorted(made.keys() | said.keys())
    ]
    told = {form["personRef"] for form in theirs}
    found.append(Difference("inbox messages", len(told), len(truth["messages"])))
    twice = Counter((form["personRef"], form["templateId"]) for form in theirs)
    found.append(
        Difference("forms that a person has twice", 0, sum(n - 1 for n in twice.values()))
    )
    found.append(Difference("mails of the blocked start", 1, _blocked_mails(dispatch, stack)))
    return [each for each in found if each.said != each.found]


def _blocked_mails(dispatch: Dispatch, stack: Stack) -> int:
    mails = httpx.get(f"{stack.mailbox_url}/api/mails", timeout=10).json()
    desk = stack.services.settings.forms_desk
    return sum(
        desk in mail["to"]
        and mail["subject"].startswith("Paketutskick kunde inte startas")
        and dispatch.unit_id in mail["body"]
        for mail in mails
    )

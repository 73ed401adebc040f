"""The demo: everything started, one package delivered, one blocked, and held against the truth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from utskick.records import FormSummary
from utskick.running.stack import Stack

_BLOCKED_SUBJECT = "Paketutskick kunde inte startas"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the local 1177 or the mailbox does not hold as our table says."""

    what: str
    said: int
    found: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What the local 1177 and the mailbox hold, counted there and not in our own tables."""

    forms: Counter[str]
    messages: int
    twice: int
    blocked_mails: int


def truth_of(stack: Stack) -> Truth:
    """All that there is, from earlier starts too."""
    truth = httpx.get(f"{stack.local_1177_url}/control/truth", timeout=10).json()
    each = Counter((f["personRef"], f["templateId"], f["createdDateTime"]) for f in truth["forms"])
    mails = httpx.get(f"{stack.mailbox_url}/api/mails", timeout=10).json()
    return Truth(
        forms=Counter(form["templateName"] for form in truth["forms"]),
        messages=len(truth["messages"]),
        twice=sum(number - 1 for number in each.values()),
        blocked_mails=sum(m["subject"].startswith(_BLOCKED_SUBJECT) for m in mails),
    )


def differences(
    closed: Sequence[FormSummary], notified: int, *, before: Truth, after: Truth
) -> list[Difference]:
    """Compare what we say of one occasion with what has been added since `before`.

    One mail reports a blocked start in each hour, so it may be there from an earlier start.
    """
    said = {form.form_name: form.sent for form in closed}
    made = after.forms - before.forms
    compared = [
        Difference(f"forms of {name}", said.get(name, 0), made[name])
        for name in sorted(made.keys() | said.keys())
    ]
    compared.append(Difference("inbox messages", notified, after.messages - before.messages))
    compared.append(Difference("forms that a person has twice", 0, after.twice - before.twice))
    compared.append(Difference("mails of the blocked start", 1, min(1, after.blocked_mails)))
    return [each for each in compared if each.said != each.found]

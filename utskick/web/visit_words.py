"""How visits and their moments are shown to staff."""

from collections.abc import Sequence

from utskick.domain.visit_messages import Change
from utskick.domain.visits import SendAppearance, VisitState
from utskick.use_cases.change_visits import VisitResult
from utskick.web.labels import counted
from utskick.web.visit_views import STATE_LABELS

_SEND_KINDS = {
    SendAppearance.PLANNED: "calm",
    SendAppearance.SENDING: "calm",
    SendAppearance.SENT: "good",
    SendAppearance.UNCERTAIN: "warn",
    SendAppearance.NOT_SENT: "bad",
    SendAppearance.MISSED: "bad",
    SendAppearance.HALTED: "warn",
    SendAppearance.REMOVED: "calm",
    SendAppearance.LATE: "warn",
    SendAppearance.CANCELLED: "calm",
}
_IN_NUMBERS = {
    Change.NEW: ("nytt", "nya"),
    Change.MOVED: ("flyttat", "flyttade"),
    Change.CHANGED: ("ändrat", "ändrade"),
    Change.CANCELLED: ("avbokat", "avbokade"),
    Change.UNCHANGED: ("oförändrat", "oförändrade"),
    Change.OUTDATED: ("äldre än det som är känt", "äldre än det som är känt"),
    Change.PASSED: ("har redan varit", "har redan varit"),
    Change.UNKNOWN: ("avbokat som inte fanns", "avbokade som inte fanns"),
    Change.REFUSED: ("tas inte emot", "tas inte emot"),
}


def send_sign(appearance: SendAppearance) -> tuple[str, str]:
    """A chip's text and kind."""
    return appearance.value, _SEND_KINDS[appearance]


def visit_sign(state: VisitState) -> tuple[str, str]:
    """As `send_sign`, of the visit itself."""
    return STATE_LABELS[state], "calm" if state is VisitState.BOOKED else "warn"


def in_numbers(results: Sequence[VisitResult], *, more_refused: int = 0) -> list[str]:
    """How many of each kind: 12 nya, 2 flyttade."""
    numbers = {change: sum(each.change is change for each in results) for change in Change}
    numbers[Change.REFUSED] += more_refused
    return [counted(number, *_IN_NUMBERS[change]) for change, number in numbers.items() if number]

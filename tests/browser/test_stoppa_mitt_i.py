"""A stop in the middle of the only occasion: each way on, as the page shows it.

That it is right with however many forms left, `tests/use_cases` shows.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DeskOf
from tests.browser.desk import Desk
from tests.browser.people import KARIN, Resident
from tests.whole.region import Whole
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import OccasionState

FORMS = ["phq-9", "gad-7"]
ALL = 2 * len(FORMS)
SEND = "Skicka det som är kvar"
NOTIFY = "Meddela dem som redan fått sina formulär"
END = "Avsluta"


@pytest.fixture
def well_again(installation: Whole) -> Iterator[None]:
    yield
    installation.heal()


def stopped_at(sent: int, desk: Desk, installation: Whole, people: list[Resident]) -> Dispatch:
    """1177 takes just so many forms and turns all others away; then staff stop."""
    installation.control(
        "faults", service="forms", kind="too_many", spares=sent, endpoint="CreateFormRequest"
    )
    numbers = [each.personnummer for each in people]
    dispatch = installation.start(numbers, after_s=[9], forms=FORMS)
    moment = dispatch.occasions[0].sends_at
    installation.until(lambda: installation.now() > moment, "its moment")
    installation.until(lambda: made(installation, people) == sent, f"{sent} forms are made")
    installation.until(lambda: turned_away(installation), "others are turned away")
    desk.page.goto(f"/paketutskick/{dispatch.id}")
    desk.press_disclosed("Stoppa Paketutskick", "Ja, stoppa")
    return dispatch


def turned_away(installation: Whole) -> bool:
    calls = installation.count_calls()["forms"]
    return bool(calls["struck"] or calls["turned_away"])


def held(installation: Whole, people: list[Resident]) -> list[int]:
    """How many forms each has; which are made first nobody can say."""
    return [len(installation.forms_of(each.personnummer)) for each in people]


def made(installation: Whole, people: list[Resident]) -> int:
    return sum(held(installation, people))


def notified(installation: Whole, people: list[Resident]) -> list[int]:
    return [len(installation.messages_of(each.personnummer)) for each in people]


def ways(desk: Desk) -> list[str]:
    """Those that the page offers."""
    names = (SEND, NOTIFY, END, "Återstarta Paketutskick")
    offered = desk.page.locator("summary.button").all_inner_texts()
    return [name for name in names if name in offered]


def until_the_run_has_ended(installation: Whole, dispatch: Dispatch) -> None:
    installation.until(
        lambda: installation.dispatch(dispatch.id).occasions[0].state is OccasionState.STOPPED,
        "the run has ended",
    )


@pytest.mark.parametrize("sent", [0, 1, ALL - 1])
def test_what_is_left_can_be_sent(
    desk: Desk, installation: Whole, others: list[Resident], well_again: None, sent: int
) -> None:
    dispatch = stopped_at(sent, desk, installation, others)
    status = desk.page.get_by_role("status").filter(has_text="Inget mer skickas.")
    expect(status).to_contain_text(f"{sent} formulär är {'skickat' if sent == 1 else 'skickade'}")
    expect(status).to_contain_text(f"{ALL - sent} är kvar")
    at_once = ways(desk)
    until_the_run_has_ended(installation, dispatch)
    desk.page.goto(f"/paketutskick/{dispatch.id}")
    expect(desk.page.get_by_text("Stoppat mitt i").first).to_be_visible()
    forms = held(installation, others)
    some = any(0 < each < len(FORMS) for each in forms)
    assert ways(desk) == [w for w in (SEND, NOTIFY, END) if w != NOTIFY or some]
    assert set(ways(desk)) <= set(at_once) <= {SEND, NOTIFY, END}
    assert notified(installation, others) == [int(each == len(FORMS)) for each in forms]

    installation.heal()
    desk.press_disclosed(SEND, "Ja, skicka nu")

    expect(desk.page.get_by_role("status").filter(has_text="skickas nu")).to_be_visible()
    installation.until_status(dispatch, "Klar")
    assert made(installation, others) == ALL
    assert notified(installation, others) == [1, 1]


@pytest.mark.parametrize("sent", [0, ALL - 1])
def test_the_rest_can_be_given_up_for_good(
    desk: Desk, installation: Whole, others: list[Resident], well_again: None, sent: int
) -> None:
    dispatch = stopped_at(sent, desk, installation, others)
    installation.heal()

    desk.press_disclosed(END, "Ja, avsluta")

    expect(desk.page.get_by_role("status").filter(has_text="är avslutat")).to_be_visible()
    installation.until(
        lambda: installation.dispatch(dispatch.id).occasions[0].state is OccasionState.ENDED,
        "it is ended",
    )
    with_any = [int(each > 0) for each in held(installation, others)]
    assert notified(installation, others) == with_any
    desk.page.goto(f"/paketutskick/{dispatch.id}")
    assert ways(desk) == []
    assert made(installation, others) == sent


@pytest.mark.parametrize(("sent", "script"), [(1, True), (ALL - 1, False)])
def test_those_with_some_of_their_forms_can_be_notified_first(
    desk_of: DeskOf,
    installation: Whole,
    others: list[Resident],
    well_again: None,
    sent: int,
    script: bool,  # a parameter of pytest's
) -> None:
    desk = desk_of(KARIN, java_script_enabled=script)
    dispatch = stopped_at(sent, desk, installation, others)
    until_the_run_has_ended(installation, dispatch)

    desk.page.goto(f"/paketutskick/{dispatch.id}")
    desk.press_disclosed(NOTIFY, "Ja, meddela")

    with_any = [int(each > 0) for each in held(installation, others)]
    installation.until(
        lambda: notified(installation, others) == with_any, "those with forms are notified"
    )
    until_the_run_has_ended(installation, dispatch)
    installation.heal()
    desk.page.goto(f"/paketutskick/{dispatch.id}")
    assert ways(desk) == [SEND, END]
    desk.press_disclosed(SEND, "Ja, skicka nu")
    installation.until_status(dispatch, "Klar")
    assert (made(installation, others), notified(installation, others)) == (ALL, [1, 1])

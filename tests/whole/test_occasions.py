"""Occasions that are seconds apart, through everything."""

from collections import Counter
from datetime import timedelta
from typing import Any

from tests.whole.region import UNIT, Whole, made_at
from utskick.domain.answers import AnswerKnown
from utskick.domain.occasions import OccasionState
from utskick.domain.personnummer import Personnummer
from utskick.records import FollowUpQuery

ANNA, BO, CILLA, DAVID = "199102042398", "199308282384", "199410012398", "199412042385"


def test_three_occasions_seconds_apart_are_delivered_at_their_times(whole: Whole) -> None:
    dispatch = whole.start([ANNA, BO], after_s=[20, 27, 34])

    whole.until_status(dispatch, "Klar")

    for person in (ANNA, BO):
        forms = whole.forms_of(person)
        assert len(forms) == 3 * len(dispatch.forms)
        assert set(Counter(form["templateId"] for form in forms).values()) == {3}
        for number, occasion in enumerate(dispatch.occasions):
            theirs = sorted(map(made_at, forms))[number * 4 : number * 4 + 4]
            due = occasion.sends_at.replace(microsecond=0)
            assert all(due <= moment < due + timedelta(seconds=7) for moment in theirs)


def test_stopped_between_two_occasions_it_sends_nothing_more_and_restarted_it_goes_on(
    whole: Whole,
) -> None:
    dispatch = whole.start([CILLA], after_s=[15, 45])
    whole.until(lambda: len(whole.forms_of(CILLA)) == 4, "the first occasion")

    assert whole.rest("POST", f"paketutskick/{dispatch.id}/stoppa").status_code == 200
    whole.until(lambda: not _deployments_of(whole, dispatch.id), "nothing is scheduled")
    restarted = whole.rest("POST", f"paketutskick/{dispatch.id}/aterstarta")

    assert restarted.json()["status"] == "Pågående"
    whole.until_status(dispatch, "Klar")
    assert len(whole.forms_of(CILLA)) == 8


def test_a_stopped_dispatch_sends_nothing_even_if_its_run_has_begun(whole: Whole) -> None:
    dispatch = whole.start([DAVID], after_s=[14])
    whole.until(
        lambda: whole.dispatch(dispatch.id).occasions[0].state is OccasionState.RUNNING,
        "its run began",
    )

    whole.rest("POST", f"paketutskick/{dispatch.id}/stoppa")
    whole.until(
        lambda: whole.dispatch(dispatch.id).occasions[0].state is not OccasionState.RUNNING,
        "its run ended",
    )

    assert whole.now() >= dispatch.occasions[0].sends_at
    assert whole.forms_of(DAVID) == []
    assert whole.dispatch(dispatch.id).label == "Stoppad"


def test_a_template_archived_between_occasions_aborts_the_dispatch_and_is_mailed(
    whole: Whole,
) -> None:
    person = "199805132389"
    dispatch = whole.start([person], after_s=[14, 40])
    whole.until(lambda: len(whole.forms_of(person)) == 4, "the first occasion")
    template = str(dispatch.forms[0].template_id)

    whole.control(f"templates/{template}/archive")
    whole.until_status(dispatch, "Avbruten")
    whole.control(f"templates/{template}/publish")

    assert len(whole.forms_of(person)) == 4
    whole.until(
        lambda: any("avbrutet" in m["subject"] for m in whole.mails()), "a mail of the abortion"
    )
    mail = next(m for m in whole.mails() if "avbrutet" in m["subject"])
    assert "formularhantering@vgregion.se" in mail["to"]
    assert dispatch.forms[0].name in mail["body"]


def test_what_a_resident_answers_is_known_when_the_form_engine_says_so(whole: Whole) -> None:
    person = "199105132386"
    whole.rest("POST", "formular", unit=UNIT, form="phq-9", recipients=[person])
    whole.until(lambda: whole.forms_of(person), "the form")
    [form] = whole.forms_of(person)

    whole.control("answer", formId=form["formId"])

    whole.until(lambda: _answers_of(whole, person) == [AnswerKnown.ANSWERED], "it is known")


def _answers_of(whole: Whole, personnummer: str) -> list[AnswerKnown | None]:
    """As we know it, without asking."""
    query = FollowUpQuery(personnummer=Personnummer(personnummer))
    with whole.services.store.transaction() as records:
        return [each.answer for each in records.follow_up.search(UNIT, query)]


def _deployments_of(whole: Whole, dispatch_id: object) -> list[Any]:
    tag = f"paketutskick:{dispatch_id}"
    found: list[Any] = whole.prefect(
        "POST", "deployments/filter", deployments={"tags": {"all_": [tag]}}
    )
    return found

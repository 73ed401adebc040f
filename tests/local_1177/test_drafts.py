"""What becomes of a tab's answers when others have been saved meanwhile, question by question."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utskick.local_1177.drafts import Answers, TabDraft, differing, merge, read_answers, read_draft
from utskick.local_1177.questions import Question

ANSWERS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2", "3"]))


def a_question(key: str) -> Question:
    parts: dict[str, Any] = {"min": None, "max": None, "min_label": "", "max_label": ""}
    return Question(
        key=key, text="?", kind="text", required=False, options=(), max_length=9, **parts
    )


QUESTIONS = [a_question(key) for key in "abc"]


@pytest.mark.parametrize(
    ("saved", "base", "ours", "merged"),
    [
        ({}, {}, {}, {}),
        ({}, {}, {"a": "1"}, {"a": "1"}),
        ({"a": "1"}, {}, {}, {"a": "1"}),
        ({"a": "1"}, {"a": "1"}, {}, {}),
        ({}, {"a": "1"}, {"a": "1"}, {}),
        ({"a": "1"}, {}, {"b": "2"}, {"a": "1", "b": "2"}),
        ({"a": "2"}, {"a": "1"}, {"a": "2"}, {"a": "2"}),
    ],
)
def test_what_one_side_alone_has_changed_is_as_that_side_has_it(
    saved: Answers, base: Answers, ours: Answers, merged: Answers
) -> None:
    result = merge(saved, TabDraft(ours, base))

    assert result.answers == merged
    assert not result.conflicts


@pytest.mark.parametrize(
    ("saved", "base", "ours"),
    [
        ({"a": "1"}, {}, {"a": "2"}),
        ({"a": "1"}, {"a": "3"}, {"a": "2"}),
        ({"a": "1"}, {"a": "3"}, {}),
        ({}, {"a": "3"}, {"a": "2"}),
    ],
)
def test_what_both_sides_have_changed_is_asked_about_and_left_as_it_is_saved(
    saved: Answers, base: Answers, ours: Answers
) -> None:
    result = merge(saved, TabDraft(ours, base))

    assert result.answers == saved
    assert result.conflicts == {"a"}


@given(saved=ANSWERS, base=ANSWERS, ours=ANSWERS)
def test_no_answer_newer_than_the_page_is_ever_overwritten(
    saved: Answers, base: Answers, ours: Answers
) -> None:
    result = merge(saved, TabDraft(ours, base))

    newer = differing(saved, base)
    assert all(result.answers.get(key) == saved.get(key) for key in newer)
    lost = differing(ours, result.answers) & differing(ours, base)
    assert lost == result.conflicts


def test_a_choice_between_two_answers_leaves_the_others_alone() -> None:
    posted = {"grund": '{"a": "1", "b": "2", "c": "3"}', "mitt-a": "7", "mitt-b": "8"}

    draft = read_draft(posted | {"val-a": "mitt", "val-b": "sparat"}, QUESTIONS)

    assert merge({"a": "1", "b": "2", "c": "3"}, draft).answers == {"a": "7", "b": "2", "c": "3"}


def test_a_choice_that_was_not_made_is_asked_for_again() -> None:
    draft = read_draft({"grund": '{"a": "1"}', "mitt-a": "7", "val-a": ""}, QUESTIONS)

    merged = merge({"a": "1"}, draft)

    assert merged.answers == {"a": "1"}
    assert merged.conflicts == {"a"}


def test_line_breaks_are_one_character_however_a_browser_posts_them() -> None:
    draft = read_draft({"svar-a": " en\r\nrad ", "grund": '{"a": "en\\nrad"}'}, QUESTIONS)

    assert draft.answers == draft.base == {"a": "en\nrad"}


@pytest.mark.parametrize("carried", ["", "{", "[]", "1", '{"x": "1"}', '{"a": null}'])
def test_what_is_no_answers_carries_none(carried: str) -> None:
    assert read_answers(carried, QUESTIONS) == {}

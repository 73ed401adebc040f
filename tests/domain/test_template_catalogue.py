"""What the form service lists, held against what is kept; losses are held when they look wrong."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.clinic import FORMS, GAD, OTHER_UNIT, OWN, PHQ, UNIT
from utskick.domain.forms import FormTemplate, FormTemplateId
from utskick.domain.template_catalogue import (
    ChangeKind,
    ListedVersion,
    TemplateChange,
    merged,
    renewed,
    template_changes,
)


def version(form: FormTemplate, number: int = 1, **changes: object) -> ListedVersion:
    given = {
        "template_id": form.id,
        "version": number,
        "name": form.name,
        "resident_name": form.resident_name,
        "published": True,
    }
    return ListedVersion(**{**given, **changes})  # type: ignore[arg-type]  # a test's own choice


def kinds(changes: list[TemplateChange]) -> list[tuple[ChangeKind, str, bool]]:
    return [(change.kind, change.name, change.held) for change in changes]


def changes_of(*versions: ListedVersion, whole: bool = True) -> list[TemplateChange]:
    return template_changes(merged({UNIT.id: versions}), FORMS, whole=whole)


def test_what_is_as_it_is_kept_is_no_change() -> None:
    assert changes_of(*(version(form) for form in FORMS)) == []


def test_the_newest_published_version_says_what_it_is_called() -> None:
    listed = merged(
        {
            UNIT.id: [
                version(PHQ, 3, name="Utkast", published=False),
                version(PHQ, 2, name="PHQ-9, ny"),
            ],
            OTHER_UNIT.id: [version(PHQ, 1, published=False)],
        }
    )

    assert renewed(PHQ, listed[PHQ.id]) == replace(PHQ, name="PHQ-9, ny", version=2)
    assert listed[PHQ.id].units == {UNIT.id, OTHER_UNIT.id}


def test_new_changed_archived_and_missing_ones_are_each_found() -> None:
    new = replace(PHQ, id=FormTemplateId(UUID(int=77)), name="Nytt")
    others = [version(form) for form in FORMS if form not in (PHQ, GAD, OWN)]

    changes = changes_of(version(PHQ, 2), version(GAD, published=False), version(new), *others)

    assert kinds(changes) == [
        (ChangeKind.CHANGED, PHQ.name, False),
        (ChangeKind.ARCHIVED, GAD.name, False),
        (ChangeKind.MISSING, OWN.name, False),
        (ChangeKind.NEW, "Nytt", False),
    ]


@pytest.mark.parametrize("listed", [(), (version(PHQ, 2),)])
def test_far_fewer_than_before_are_held(listed: tuple[ListedVersion, ...]) -> None:
    changes = changes_of(*listed)

    lost = [change for change in changes if change.kind is ChangeKind.MISSING]
    assert len(lost) == len(FORMS) - len(listed)
    assert all(change.held for change in lost)
    assert not any(change.held for change in changes if change not in lost)


def test_one_that_is_missing_is_held_when_a_list_is_missing_too() -> None:
    listed = [version(form) for form in FORMS if form != GAD]

    assert kinds(changes_of(*listed)) == [(ChangeKind.MISSING, GAD.name, False)]
    assert kinds(changes_of(*listed, whole=False)) == [(ChangeKind.MISSING, GAD.name, True)]


def test_a_name_that_is_not_given_stays() -> None:
    listed = merged({UNIT.id: [version(PHQ, resident_name="")]})

    assert renewed(PHQ, listed[PHQ.id]) == PHQ

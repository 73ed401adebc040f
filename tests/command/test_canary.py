"""A personnummer in every file and option of the command, in every spelling: it stays nowhere."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import Result

from tests.command.conftest import Installation
from tests.spellings import spellings_of
from tests.whole.sinks import files_that_hold, holds
from utskick.command.output import REFUSED

CANARY = "199310152385"
SPELLINGS = spellings_of(CANARY)
DIVIDED = "931015, 2385"
SOME = [CANARY, DIVIDED, SPELLINGS[-1]]
"""Of fields that the same rule looks through as the recipients, who get all."""


@pytest.fixture
def handed(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[..., Result]]:
    """Runs a command, which says nothing of the canary; afterwards no sink holds it."""
    caplog.set_level(logging.DEBUG)

    def run(*arguments: str, typed: str = "") -> Result:
        result = installation.run(*arguments, typed=typed)
        assert not holds(result.output, CANARY), arguments[0]
        return result

    yield run
    typed_by_staff = {str(path) for path in installation.folder.glob("*.[yt]*")}
    assert set(files_that_hold(CANARY, [installation.folder])) <= typed_by_staff
    assert not holds(caplog.text, CANARY)


def test_none_passes_in_a_text_of_a_spec_file(
    installation: Installation, handed: Callable[..., Result]
) -> None:
    for typed in SOME:
        texts = dict.fromkeys(("title", "inbox_message", "form_banner"), f"Hej {typed}")
        addresses = [f"a.{typed}@example.se"]

        refused = handed("submit", installation.spec(**texts))
        also = handed("submit", installation.spec(error_addresses=addresses))

        assert (refused.exit_code, also.exit_code) == (REFUSED, REFUSED)
        assert [field for field in texts if field not in refused.stderr] == []


def test_none_passes_in_another_field_of_a_spec_file(
    installation: Installation, handed: Callable[..., Result]
) -> None:
    for field in (
        "unit",
        "package",
        "answer_by",
        "recipients_file",
        "recipients_hidden",
        "colour",
    ):
        assert handed("submit", installation.spec(**{field: DIVIDED})).exit_code == REFUSED


def test_none_is_shown_or_kept_of_recipients_that_are_refused(
    installation: Installation, handed: Callable[..., Result]
) -> None:
    several: dict[str, Any] = {"recipients": [*SPELLINGS, *SPELLINGS]}
    named = {typed: typed for typed in SPELLINGS}
    listed = installation.write("\n".join(SPELLINGS), "lista.txt")

    for command, file in [
        ("submit", installation.spec(**several)),
        ("submit", installation.spec(**named)),
        ("submit", installation.spec(recipients=[], recipients_file="lista.txt")),
        ("send", installation.form_spec(**several)),
        ("send", installation.form_spec(recipients=[], recipients_file="lista.txt")),
        ("submit", listed),
        ("upload", listed),
    ]:
        assert handed(command, file).exit_code == REFUSED


def test_an_uploaded_file_is_sealed_whoever_it_names(
    installation: Installation, handed: Callable[..., Result]
) -> None:
    assert handed("upload", installation.spec(recipients=[CANARY])).exit_code == 0


def test_none_passes_where_a_number_is_asked_for(
    installation: Installation, handed: Callable[..., Result]
) -> None:
    dispatch_id = installation.started()

    for typed in (DIVIDED, SPELLINGS[-1]):
        handed("remove-recipient", dispatch_id, typed=f"{typed}\n")
        handed("follow-up", "--person", typed=f"{typed}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("add-token",),
        ("revoke-token",),
        ("form-link",),
        ("follow-up", "--form"),
        ("follow-up", "--package"),
        ("list", "--unit"),
        ("show",),
    ],
    ids=" ".join,
)
def test_none_is_kept_of_an_option(
    handed: Callable[..., Result], arguments: tuple[str, ...]
) -> None:
    handed(*arguments, DIVIDED)

"""An inbox message in several languages, from the grundplåt to the resident."""

from dataclasses import replace
from typing import Any

import pytest

from tests.clinic import OWN, PACKAGE, STAFF, UNIT, Clinic
from tests.people import ANNA
from utskick.domain.errors import SpecRefused

ENGLISH = "Hello! {{ enhet }} asks you to answer by {{ besvaras_senast }}."
ARABIC = "\u200fمرحبا! للأسئلة اتصل على {{ kontakt }}."
ANSWER_BY = "2027-11-30"


@pytest.fixture
def package(clinic: Clinic) -> None:
    """The clinic's package, in two languages more."""
    with clinic.store.transaction() as records:
        records.packages.save(
            replace(PACKAGE, inbox_messages={"ar": ARABIC, "en": ENGLISH}, version=2)
        )


async def left(clinic: Clinic, **changes: Any) -> str:
    """What lies in the resident's inbox."""
    started = await clinic.start(recipients=[ANNA.digits], answer_by=ANSWER_BY, **changes)
    await clinic.run(started.dispatch.occasions[0])
    ((_, message),) = clinic.inbox.messages
    return message.text


@pytest.mark.usefixtures("package")
async def test_swedish_comes_first_and_the_others_below_their_names(clinic: Clinic) -> None:
    text = await left(clinic)

    assert text == (
        "Svenska, العربية, English\n\n"
        f"Hej! {UNIT.name} vill att du svarar på 4 formulär."
        f" Svaren hjälper oss. Ring {UNIT.phone}.\n\n"
        f"— العربية —\n\n\u200fمرحبا! للأسئلة اتصل على \u2068{UNIT.phone}\u2069.\n\n"
        f"— English —\n\nHello! {UNIT.name} asks you to answer by 30 November 2027."
    )


@pytest.mark.usefixtures("package")
async def test_staff_change_one_language_and_leave_out_another(clinic: Clinic) -> None:
    text = await left(clinic, inbox_messages={"en": "Hello from {{ enhet }}!", "ar": " "})

    assert text.endswith(f"— English —\n\nHello from {UNIT.name}!")
    assert "العربية" not in text


@pytest.mark.usefixtures("package")
async def test_without_its_other_languages_a_message_has_no_headings(clinic: Clinic) -> None:
    text = await left(clinic, inbox_messages={"en": "", "ar": ""})

    assert (
        text == f"Hej! {UNIT.name} vill att du svarar på 4 formulär."
        f" Svaren hjälper oss. Ring {UNIT.phone}."
    )


async def test_a_single_form_can_have_other_languages_too(clinic: Clinic) -> None:
    started = await clinic.send(
        form=OWN.key, recipients=[ANNA.digits], inbox_messages={"en": "Hello!"}
    )

    await clinic.run(started.dispatch.occasions[0])

    ((_, message),) = clinic.inbox.messages
    assert message.text.startswith("Svenska, English\n\nHej!")
    assert message.text.endswith("— English —\n\nHello!")


@pytest.mark.usefixtures("package")
async def test_what_is_wrong_with_a_language_is_said_of_it(clinic: Clinic) -> None:
    wrong = {"en": "Hi\n{{ name }}", "xx": "?", "pl": '{{ plural(tillfalle, "raz", "razy") }}'}

    with pytest.raises(SpecRefused) as refused:
        await clinic.start(inbox_messages=wrong)

    assert [f"{each.place}: {each.reason[:23]}" for each in refused.value.problems] == [
        "inbox_messages: språket xx finns inte.",
        "inbox_messages.en, rad 2: {{ name }} går inte att",
        'inbox_messages.pl, rad 1: {{ plural(tillfalle, "r',
    ]


@pytest.mark.usefixtures("package")
async def test_a_dispatch_shows_its_message_as_it_is_read(clinic: Clinic) -> None:
    started = await clinic.start(recipients=[ANNA.digits], answer_by=ANSWER_BY)
    opened = clinic.open_dispatch
    before = opened(started.dispatch.id, actor=STAFF, now=clinic.clock.now()).message
    await clinic.run(started.dispatch.occasions[0])

    after = opened(started.dispatch.id, actor=STAFF, now=clinic.clock.now()).message

    assert before is not None
    assert after is not None
    assert (before.written, after.written) == (False, True)
    assert before.text == after.text
    assert f"{UNIT.name} asks you to answer by 30 November 2027." in after.text
    assert "{{" not in after.text


@pytest.mark.usefixtures("package")
async def test_to_change_the_swedish_text_alone_is_warned_of(clinic: Clinic) -> None:
    changed = f"{PACKAGE.inbox_message} Välkommen!"

    alone = await clinic.start(inbox_message=changed)
    both = await clinic.start(inbox_message=changed, inbox_messages={"en": "Hi!", "ar": ""})

    assert [each for each in alone.warnings if "inte på arabiska och engelska" in each]
    assert not [each for each in both.warnings if "ändrat på svenska" in each]

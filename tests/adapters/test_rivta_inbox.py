"""What is asked of the portal, as its administration has set us up there."""

from dataclasses import replace
from typing import Any

import pytest

from tests.adapters.answering import answering, served_by
from tests.adapters.neighbours import UNIT_ID, a_message
from tests.people import ANNA
from tests.rivta.messages import an_answer
from utskick.adapters.rivta_inbox import InboxLink, RivTaInbox
from utskick.domain.deliveries import FormId
from utskick.ports import InboxUser, TemporaryFailure, UnknownOutcome
from utskick.rivta.contracts import IS_ACTIVE_USER
from utskick.rivta.envelopes import Fields, read_request

MESSAGE = a_message()


async def asked(
    *forms: str,
    source_system: str = "UTSKICK",
    link: InboxLink = InboxLink(),  # noqa: B008  # frozen
) -> Any:
    heard: list[bytes] = []

    async def nothing(_writer: object) -> None:
        """Whatever is answered."""

    async with served_by(nothing, asked=heard) as client:
        inbox = RivTaInbox(client, source_system=source_system, link=link)
        message = replace(MESSAGE, forms=tuple(map(FormId, forms)))
        with pytest.raises(UnknownOutcome):
            await inbox.add_message(ANNA, message)
    fields: Fields = read_request(heard[0].partition(b"\r\n\r\n")[2]).fields
    return fields


async def test_a_message_says_from_which_unit_it_is_and_is_notified_of() -> None:
    assert await asked("one") == {
        "subjectOfCareId": ANNA.digits,
        "message": {
            "organisationUnit": {"unitId": UNIT_ID, "unitName": "Mottagningen"},
            "messageDescription": MESSAGE.heading,
            "messageText": MESSAGE.text,
            "ssoLink": {
                "systemId": "FORMULAR",
                "text": "Till formuläret",
                "queryString": "formular=one",
                "type": "CurrentTarget",
            },
        },
        "notify": True,
        "sourceSystem": "UTSKICK",
    }


async def test_a_link_is_what_the_portals_administration_has_agreed_to() -> None:
    link = InboxLink(system_id="F1177", query="id={form_id}&x=1", type="NewTarget", text="Öppna")

    message = (await asked("a&b", "c", link=link))["message"]

    assert message["ssoLink"] == {
        "systemId": "F1177",
        "text": "Öppna",
        "queryString": "id=a%26b&x=1&id=c&x=1",
        "type": "NewTarget",
    }


async def test_a_link_to_all_forms_has_no_query() -> None:
    assert (await asked())["message"]["ssoLink"] == {
        "systemId": "FORMULAR",
        "text": "Till formulären",
        "type": "CurrentTarget",
    }


async def test_without_a_system_that_the_portal_knows_there_is_no_link() -> None:
    assert "ssoLink" not in (await asked("one", link=InboxLink(system_id="")))["message"]


async def test_without_a_source_system_neither_link_nor_notification_is_asked_for() -> None:
    bare = await asked("one", source_system="")

    assert bare.keys() == {"subjectOfCareId", "message"}
    assert "ssoLink" not in bare["message"]


def method(name: str) -> str:
    return f"<x:activeNotificationMethods>{name}</x:activeNotificationMethods>"


@pytest.mark.parametrize(
    ("said", "user"),
    [
        ("<x:status>1</x:status>", InboxUser(active=True, notified_by=())),
        ("<x:status>false</x:status>", InboxUser(active=False, notified_by=())),
        (
            f"<x:status>true</x:status>{method('SMS')}{method('Other')}",
            InboxUser(active=True, notified_by=("SMS", "Other")),
        ),
    ],
)
async def test_a_user_is_active_or_not(said: str, user: InboxUser) -> None:
    async with answering(an_answer(IS_ACTIVE_USER, said)) as client:
        inbox = RivTaInbox(client, source_system="", link=InboxLink())

        assert await inbox.user(ANNA) == user


async def test_a_user_who_may_be_active_is_asked_for_again() -> None:
    async with answering(an_answer(IS_ACTIVE_USER, "<x:status>kanske</x:status>")) as client:
        inbox = RivTaInbox(client, source_system="", link=InboxLink())

        with pytest.raises(TemporaryFailure):
            await inbox.user(ANNA)

"""What every `Inbox` promises."""

from dataclasses import replace

import pytest

from tests.adapters.neighbours import LocalNeighbours, Neighbours, a_message
from tests.local_1177.conftest import Local
from utskick.domain.deliveries import FormId, Refusal
from utskick.ports import InboxUser, PermanentFailure


@pytest.mark.parametrize("notified_by", [("SMS", "Email"), ("Email",), ()])
async def test_a_user_is_notified_in_the_ways_they_chose(
    neighbours: Neighbours, notified_by: tuple[str, ...]
) -> None:
    anna = neighbours.add_person(notified_by=notified_by)

    assert await neighbours.inbox.user(anna) == InboxUser(active=True, notified_by=notified_by)


async def test_whoever_has_no_account_is_not_active(neighbours: Neighbours) -> None:
    anna = neighbours.add_person(account=False)

    assert await neighbours.inbox.user(anna) == InboxUser(active=False, notified_by=())


async def test_a_message_is_left_as_it_was_written(neighbours: Neighbours) -> None:
    anna = neighbours.add_person()
    message = a_message()

    await neighbours.inbox.add_message(anna, message)

    assert neighbours.messages_of(anna) == [(message.heading, message.text, message.forms)]


async def test_the_same_message_twice_is_two_messages(neighbours: Neighbours) -> None:
    anna = neighbours.add_person()

    await neighbours.inbox.add_message(anna, a_message())
    await neighbours.inbox.add_message(anna, a_message())

    assert len(neighbours.messages_of(anna)) == 2


async def test_a_message_to_somebody_without_account_is_refused(neighbours: Neighbours) -> None:
    anna = neighbours.add_person(account=False)

    with pytest.raises(PermanentFailure) as caught:
        await neighbours.inbox.add_message(anna, a_message())

    assert caught.value.reason is Refusal.NO_ACCOUNT
    assert not neighbours.messages_of(anna)


async def test_a_link_carries_nothing_but_the_ids_of_the_forms(local: Local) -> None:
    neighbours = LocalNeighbours(local)
    anna = neighbours.add_person()

    for forms in ((), (FormId("a&b"),), (FormId("one"), FormId("two"))):
        await neighbours.inbox.add_message(anna, replace(a_message(), forms=forms))

    messages = local.ask("/control/truth/person", {"personnummer": anna.digits})["messages"]
    shared = {"systemId": "FORMULAR", "type": "CurrentTarget"}
    assert [message["ssoLink"] for message in messages] == [
        shared | {"text": "Till formulären", "queryString": ""},
        shared | {"text": "Till formuläret", "queryString": "formular=a%26b"},
        shared | {"text": "Till formulären", "queryString": "formular=one&formular=two"},
    ]

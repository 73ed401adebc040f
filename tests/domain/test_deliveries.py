"""Deliveries are named by what they stand for, and every state and refusal has its words."""

from itertools import combinations
from uuid import UUID, uuid4

import pytest

from utskick.domain.deliveries import (
    DELIVERY_LABELS,
    FORM_STATUS_LABELS,
    LABELS_FOR_SYSTEMS,
    REFUSAL_LABELS,
    REFUSAL_REMEDIES,
    REMEDIES_FOR_SYSTEMS,
    DeliveryState,
    FormStatus,
    Refusal,
    delivery_id,
    inbox_message_id,
    link_text,
)
from utskick.domain.dispatches import DispatchId, RecipientId
from utskick.domain.occasions import OccasionId


def name_of(dispatch: UUID, occasion: UUID, recipient: UUID, form: UUID) -> UUID:
    return delivery_id(DispatchId(dispatch), OccasionId(occasion), RecipientId(recipient), form)


def test_the_same_four_give_the_same_delivery() -> None:
    four = (uuid4(), uuid4(), uuid4(), uuid4())

    assert name_of(*four) == name_of(*four)


def test_any_other_of_the_four_gives_another_delivery() -> None:
    a, b, c, d, other = (uuid4() for _ in range(5))

    names = {
        name_of(a, b, c, d),
        name_of(other, b, c, d),
        name_of(a, other, c, d),
        name_of(a, b, other, d),
        name_of(a, b, c, other),
        name_of(b, a, c, d),
    }

    assert len(names) == 6


def test_a_message_is_named_by_occasion_and_recipient() -> None:
    occasions = [OccasionId(uuid4()) for _ in range(2)]
    recipients = [RecipientId(uuid4()) for _ in range(2)]

    names = [inbox_message_id(o, r) for o in occasions for r in recipients]

    assert all(one != other for one, other in combinations(names, 2))
    assert names[0] == inbox_message_id(occasions[0], recipients[0])


def test_everything_that_staff_see_has_words() -> None:
    assert set(DELIVERY_LABELS) == set(DeliveryState)
    assert set(FORM_STATUS_LABELS) == set(FormStatus)
    assert set(REFUSAL_LABELS) == set(REFUSAL_REMEDIES) == set(Refusal)


@pytest.mark.parametrize("refusal", [Refusal.CHANGED_NUMBER, Refusal.DEREGISTERED])
def test_a_system_does_not_learn_who_has_another_identity_or_may_be_dead(
    refusal: Refusal,
) -> None:
    assert LABELS_FOR_SYSTEMS[refusal] == LABELS_FOR_SYSTEMS[Refusal.PROTECTED]
    assert REMEDIES_FOR_SYSTEMS[refusal] == REMEDIES_FOR_SYSTEMS[Refusal.PROTECTED]


def test_a_messages_link_says_whether_it_leads_to_one_form_or_several() -> None:
    assert link_text(1) == "Till formuläret"
    assert link_text(0) == link_text(4) == "Till formulären"

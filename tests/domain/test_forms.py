"""Which unit may send which form."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from utskick.domain.errors import StartBlocked
from utskick.domain.forms import (
    Catalogue,
    FormAccess,
    FormTemplate,
    FormTemplateId,
    NationalForm,
    by_version,
    require_sendable,
)
from utskick.domain.units import HsaId

OURS, THEIRS = HsaId("SE2321000131-E000000000101"), HsaId("SE2321000131-E000000000102")
ARCHIVED_AT = datetime(2027, 1, 1, tzinfo=UTC)


def a_form(
    catalogue: Catalogue, owner: HsaId | None = None, *, archived_at: datetime | None = None
) -> FormTemplate:
    return FormTemplate(
        id=FormTemplateId(uuid4()),
        key=catalogue.value,
        name=catalogue.value.upper(),
        resident_name="Frågor",
        catalogue=catalogue,
        owner=owner,
        archived_at=archived_at,
    )


@pytest.mark.parametrize(
    ("catalogue", "owner", "subscribed", "available"),
    [
        (Catalogue.NAFS, None, False, True),
        (Catalogue.OWN, OURS, False, True),
        (Catalogue.OWN, THEIRS, False, False),
        (Catalogue.OWN, THEIRS, True, False),
        (Catalogue.SHARED, THEIRS, True, True),
        (Catalogue.SHARED, THEIRS, False, False),
        (Catalogue.SHARED, OURS, False, True),
    ],
)
def test_a_unit_may_send_its_own_forms_those_it_subscribes_to_and_nafs(
    catalogue: Catalogue, owner: HsaId | None, subscribed: bool, available: bool
) -> None:
    assert a_form(catalogue, owner).available_to(OURS, subscribed=subscribed) is available


def test_what_is_available_and_not_archived_can_be_sent() -> None:
    require_sendable([FormAccess(a_form(Catalogue.NAFS), available=True)])


def test_all_that_blocks_is_shown_at_once() -> None:
    archived = a_form(Catalogue.NAFS, archived_at=ARCHIVED_AT)
    unsubscribed = a_form(Catalogue.SHARED, THEIRS)

    with pytest.raises(StartBlocked) as caught:
        require_sendable(
            [
                FormAccess(archived, available=False),
                FormAccess(a_form(Catalogue.OWN, OURS), available=True),
                FormAccess(unsubscribed, available=False),
            ]
        )

    assert (caught.value.archived, caught.value.unsubscribed) == (("NAFS",), ("SHARED",))
    assert str(caught.value) == "1 archived form(s), 1 without subscription"
    assert caught.value.staff_message.startswith(
        "Detta startade paket innehåller formulärmallar som har arkiverats eller gemensamma"
        " mallar som saknar prenumeration: NAFS, SHARED."
    )


@pytest.mark.parametrize(
    ("published", "sendable"),
    [
        ([True], True),
        ([False], False),
        ([True, False], True),
        ([False, True], True),
        ([False, False], False),
    ],
)
def test_one_published_version_is_enough_wherever_it_is_listed(
    published: list[bool], sendable: bool
) -> None:
    ours, other = FormTemplateId(uuid4()), FormTemplateId(uuid4())

    templates = by_version([*((ours, each) for each in published), (other, False)])

    assert templates == {ours: sendable, other: False}


def test_a_form_is_offered_to_others_and_taken_back_by_its_owner() -> None:
    own = a_form(Catalogue.OWN, OURS)

    shared = own.offered(to_others=True)

    assert shared.catalogue is Catalogue.SHARED
    assert shared.offered(to_others=True) == shared
    assert shared.offered(to_others=False) == own


@pytest.mark.parametrize("to_others", [True, False])
def test_a_national_form_is_nobodys_to_offer(to_others: bool) -> None:
    with pytest.raises(NationalForm) as caught:
        a_form(Catalogue.NAFS).offered(to_others=to_others)

    assert "redan fria för alla enheter" in caught.value.staff_message

"""Every use case finds the neighbours that it names at whoever binds it."""

from typing import Any, get_type_hints

import pytest

from tests.clinic import Clinic
from utskick.use_cases.bound import Bound, UseCases
from utskick.wiring import Services

NAMES = [name for name, value in vars(UseCases).items() if isinstance(value, Bound)]


@pytest.mark.parametrize("name", NAMES)
def test_a_use_case_has_its_owners_neighbours(clinic: Clinic, name: str) -> None:
    use_case: type[Any] = vars(UseCases)[name].use_case

    bound = getattr(clinic, name)

    assert isinstance(bound, use_case)
    assert all(
        getattr(bound, field) == getattr(clinic, field) for field in get_type_hints(use_case)
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_a_use_case_names_is_among_the_services_of_that_very_kind(name: str) -> None:
    named = get_type_hints(vars(UseCases)[name].use_case)
    services = get_type_hints(Services) | {each: vars(UseCases)[each].use_case for each in NAMES}
    services["accounts"] = get_type_hints(Services.accounts.fget)["return"]  # type: ignore[attr-defined]  # a property

    assert named == {field: services[field] for field in named}

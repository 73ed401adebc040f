"""The flows of this package: nothing else is ever run, whatever a deployment says."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from prefect import Flow

_MODULES = (
    "flows.run_occasion",
    "flows.start_dispatch",
    "flows.change_dispatch",
    "flows.brake",
    "flows.housekeeping",
)


class NotOurFlow(Exception):
    """A run of a flow that is none of ours."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not a flow of this package")


@cache
def our_flows() -> Mapping[str, Flow[..., Any]]:
    """Every flow of the package, by its name."""
    return {
        value.name: value
        for module in map(import_module, _MODULES)
        for value in vars(module).values()
        if isinstance(value, Flow) and value.fn.__module__ == module.__name__
    }


def flow_named(name: str) -> Flow[..., Any]:
    """Raises `NotOurFlow`."""
    try:
        return our_flows()[name]
    except KeyError:
        raise NotOurFlow(name) from None

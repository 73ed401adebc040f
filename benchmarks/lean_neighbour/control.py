"""The hand on the lean neighbour: latency and capacity, counts, and what really happened."""

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.lean_neighbour.world import World

Handler = Callable[[World, Any], Any]


def show_health(_world: World, _order: Any) -> dict[str, str]:
    return {"status": "ok"}


def set_latency(world: World, order: Any) -> None:
    world.services[order["service"]].latency_s = float(order["seconds"])


def set_capacity(world: World, order: Any) -> None:
    world.services[order["service"]].capacity = order["concurrency"]


def count_calls(world: World, _order: Any) -> dict[str, Any]:
    """Each service's calls, and `made`: how many forms there are."""
    return {
        name: {
            "calls": dict(service.calls),
            "turned_away": service.turned_away,
            "peak_concurrency": service.peak,
        }
        for name, service in world.services.items()
    } | {"made": len(world.forms)}


def show_truth(world: World, _order: Any) -> dict[str, Any]:
    """Every form and message. Persons are opaque numbers."""
    forms = [
        {
            "formId": form.id,
            "unit": form.unit,
            "templateId": form.template,
            "personRef": world.opaque(form.subject),
            "madeAt": form.made_at,
        }
        for form in world.forms
    ]
    messages = [
        {"unit": unit, "personRef": world.opaque(subject)} for unit, subject in world.messages
    ]
    return {"forms": forms, "messages": messages}


def forget(world: World, _order: Any) -> None:
    world.forget()


CONTROL: Mapping[tuple[str, str], Handler] = {
    ("GET", "/health"): show_health,
    ("POST", "/control/latency"): set_latency,
    ("POST", "/control/capacity"): set_capacity,
    ("GET", "/control/calls"): count_calls,
    ("GET", "/control/truth"): show_truth,
    ("DELETE", "/control/truth"): forget,
}

"""What may pass into Prefect: everything it gets, it stores and shows.

An exception's text reaches state messages, logs, events and files. So none of ours passes but by
its own words, which hold no personal data, and none of others' by more than its kind.
"""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prefect.cache_policies import NO_CACHE
from prefect.tasks import Task, task

from utskick.domain.errors import UtskickError
from utskick.ports import TemporaryFailure

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


def _says_nothing_typed(record: logging.LogRecord) -> bool:
    """Prefect logs parameters that are refused as they stand; the run's state names the field."""
    return record.levelno < logging.ERROR


logging.getLogger("prefect.flows").addFilter(_says_nothing_typed)


class StageFailed(Exception):
    """A stage failed; what it says may be stored and shown."""


def safe(stage: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let no exception out but `StageFailed` and `TemporaryFailure`, whose texts are ours."""

    @wraps(stage)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await stage(*args, **kwargs)
        except (StageFailed, TemporaryFailure):
            raise
        except UtskickError as error:
            failure = StageFailed(f"{type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001  # whatever it is, its text stays here
            failure = StageFailed(f"{_kinds(error)} in {stage.__name__}")
        raise failure

    return guarded


def stage(
    name: str,
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Task[P, Coroutine[Any, Any, R]]]:
    """A Prefect task for one stage: nothing cached, nothing persisted, nothing personal let out.

    Not retried by Prefect: a stage waits for an unwell neighbour itself, while it may.
    """

    def decorate(function: Callable[P, Coroutine[Any, Any, R]]) -> Task[P, Coroutine[Any, Any, R]]:
        prepared = task(name=name, cache_policy=NO_CACHE, persist_result=False)
        return prepared(safe(function))

    return decorate


async def best_effort(shown: Awaitable[object]) -> None:
    """What is only there to be looked at may fail: the occasion does not."""
    try:
        await shown
    except Exception as error:  # noqa: BLE001  # its text may hold anything
        log.warning("Not shown to operators: %s", type(error).__name__)


def _kinds(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return " and ".join(sorted({_kinds(each) for each in error.exceptions}))
    return type(error).__name__

"""Every use case, bound once to the neighbours that it names.

A use case is a class in the module of its verb: its fields are its neighbours, and its methods
are called with ids, an actor and choices.
"""

from dataclasses import fields
from typing import Generic, TypeVar

from utskick.use_cases.end_occasion import EndOccasion
from utskick.use_cases.notify_recipients import NotifyRecipients
from utskick.use_cases.remove_recipient import RemoveRecipient
from utskick.use_cases.restart_dispatch import RestartDispatch
from utskick.use_cases.send_missed_occasion import SendMissedOccasion
from utskick.use_cases.stop_dispatch import StopDispatch
from utskick.use_cases.warn_by_hand import WarnByHand

UseCase = TypeVar("UseCase")


class Bound(Generic[UseCase]):
    """The use case, with the attributes of its owner that bear the names of its fields."""

    def __init__(self, use_case: type[UseCase]) -> None:
        self.use_case = use_case
        self._names = [field.name for field in fields(use_case)]  # type: ignore[arg-type]  # each is a dataclass

    def __get__(self, owner: object, _type: type) -> UseCase:
        return self.use_case(**{name: getattr(owner, name) for name in self._names})


class UseCases:
    """For whoever has the neighbours as attributes."""

    __slots__ = ()
    stop_dispatch = Bound(StopDispatch)
    restart_dispatch = Bound(RestartDispatch)
    remove_recipient = Bound(RemoveRecipient)
    end_occasion = Bound(EndOccasion)
    notify_recipients = Bound(NotifyRecipients)
    send_missed_occasion = Bound(SendMissedOccasion)
    warn_by_hand = Bound(WarnByHand)

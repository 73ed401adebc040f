"""What 1177's inbox has said of persons: asked for seldom, as it takes few questions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxUser


class InboxAnswers(Protocol):
    """The last answer about each person, for a while."""

    def known(
        self, numbers: Collection[Personnummer], *, since: datetime
    ) -> Mapping[Personnummer, InboxUser]:
        """Those of whom the inbox has said something since."""

    def keep(self, answers: Mapping[Personnummer, InboxUser], *, now: datetime) -> None:
        """In place of earlier ones. Recipients who have waited for it learn it as well."""

    def pass_on(self, numbers: Collection[Personnummer]) -> None:
        """To recipients who have waited for the answers about them: these had come before."""

    def awaited(self, *, limit: int) -> Sequence[Personnummer]:
        """Recipients of ongoing dispatches of whom the inbox has not said anything."""

    def delete_before(self, moment: datetime) -> None: ...

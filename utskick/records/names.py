"""Persons' names, as the population register has said them."""

from collections.abc import Collection, Mapping
from typing import Protocol

from utskick.domain.personnummer import Personnummer


class Names(Protocol):
    """Sealed like the personnummer, and kept of recipients alone."""

    def learn(
        self, said: Mapping[Personnummer, str], *, protected: Collection[Personnummer]
    ) -> None:
        """Keep what has changed of those who are recipients; forget the protected at once."""

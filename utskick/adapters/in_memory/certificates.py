"""Certificates in memory."""

from collections.abc import Sequence

from utskick.domain.certificates import Certificate


class InMemoryCertificates:
    """A `Certificates` that holds what it is given."""

    def __init__(self, *held: Certificate) -> None:
        self.held: list[Certificate] = [*held]

    def look(self) -> Sequence[Certificate]:
        return list(self.held)

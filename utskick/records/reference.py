"""What the regional administration has prepared."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from utskick.domain.forms import FormAccess, FormTemplate, FormTemplateId
from utskick.domain.packages import PackageTemplate
from utskick.domain.units import HsaId, Unit


class Units(Protocol):
    def get(self, unit_id: HsaId) -> Unit:
        """Raises `NotFound`."""

    def all(self) -> Sequence[Unit]: ...

    def connected(self, unit_ids: Collection[HsaId]) -> frozenset[HsaId]:
        """Those of them that are here, and have not been withdrawn."""

    def save(self, units: Iterable[Unit]) -> None: ...


class Forms(Protocol):
    """Form templates, as the unit that asks may use them."""

    def access(self, unit_id: HsaId, template_ids: Sequence[FormTemplateId]) -> list[FormAccess]:
        """In the order asked for. Raises `NotFound` if one does not exist."""

    def list_for(self, unit_id: HsaId) -> list[FormAccess]:
        """Every template that the unit may send or could if it subscribed, by name."""

    def get(self, template_id: FormTemplateId) -> FormTemplate:
        """Raises `NotFound`."""

    def find(self, key_or_name: str) -> FormTemplate | None: ...

    def all(self) -> list[FormTemplate]: ...

    def in_use(self, template_id: FormTemplateId) -> Mapping[HsaId, int]:
        """How many ongoing dispatches of each unit hold the form."""

    def subscriptions(self, unit_ids: Collection[HsaId]) -> set[tuple[HsaId, FormTemplateId]]:
        """What these units subscribe to."""

    def subscribers(self, template_id: FormTemplateId) -> set[HsaId]: ...

    def count_subscribers(self) -> Mapping[FormTemplateId, int]:
        """How many there are of each form that has any."""

    def save(self, forms: Iterable[FormTemplate]) -> None:
        """Insert or renew; a mark of being archived follows the given template."""

    def subscribe(
        self, unit_id: HsaId, template_id: FormTemplateId, *, subscribed: bool
    ) -> None: ...


class Packages(Protocol):
    def find(self, unit_id: HsaId, key_or_name: str) -> PackageTemplate | None:
        """The newest version, if the package is for the unit."""

    def list_for(self, unit_id: HsaId) -> list[PackageTemplate]: ...

    def all(self) -> list[PackageTemplate]:
        """The newest version of each, by name."""

    def versions(self, key: str) -> list[PackageTemplate]:
        """Newest first; none if there is no such package."""

    def save(self, package: PackageTemplate) -> bool:
        """Keep it as a new version if it differs from the newest; returns whether it did."""

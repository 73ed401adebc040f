"""The layout of the region's files, as the regional administration writes them."""

from datetime import date
from uuid import UUID

from pydantic import Field, RootModel

from utskick.domain.forms import Catalogue
from utskick.domain.package_specs import KEY, PackageSpec
from utskick.domain.specs import Spec, Text


class RegionFile(Spec):
    pass


class UnitEntry(RegionFile):
    hsa_id: str
    name: Text
    phone: Text
    care_giver_hsa_id: str


class FormTemplateFile(RegionFile):
    """One form template. Its questions are 1177's matter; here they only have to be there."""

    id: UUID
    key: str = Field(pattern=KEY)
    name: str = Field(min_length=1)
    resident_name: str = Field(min_length=1)
    catalogue: Catalogue
    owner: str | None
    version: int = Field(ge=1)
    archived: date | None
    description: str
    questions: list[dict[str, object]] = Field(min_length=1)


class SubscriptionEntry(RegionFile):
    unit: str
    form: str


class PackageFile(PackageSpec):
    """One grundplåt; weekday in Swedish, time as HH:MM."""

    version: int = Field(ge=1)
    units: list[str] = Field(min_length=1)


class UnitsFile(RootModel[list[UnitEntry]]):
    pass


class SubscriptionsFile(RootModel[list[SubscriptionEntry]]):
    pass

"""What the regional administration prepares, read from files and found to be whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from utskick.domain.forms import FormTemplate, FormTemplateId
from utskick.domain.packages import PackageTemplate
from utskick.domain.units import HsaId, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Units, form templates, subscriptions and packages, all references resolved."""

    units: Sequence[Unit]
    forms: Sequence[FormTemplate]
    subscriptions: Sequence[tuple[HsaId, FormTemplateId]]
    packages: Sequence[PackageTemplate]

"""What an identity provider says of a person, in whatever shape it says it."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from utskick.domain.staff import ClaimMissing, ClaimUnreadable, Commission, StaffClaims
from utskick.domain.units import HsaId, InvalidHsaId, parse_hsa_id
from utskick.domain.writing import shown_in_one_line

log = logging.getLogger(__name__)

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimNames:
    """What the provider calls each; `""` is what it has not got. Defaults are Inera's names.

    A role may be a text, or an object with a code and, somewhere in it, the units it is for. What
    `attributes` say of a person counts as roles too, as `name=value`.
    """

    staff_id: str = "employeeHsaId"
    given_name: str = "given_name"
    family_name: str = "family_name"
    roles: str = "systemRoles"
    role_code: str = "authorizationScopePropertyCode"
    role_unit: str = "unitHsaId"
    attributes: tuple[str, ...] = ()
    all_commissions: str = "allCommissions"
    commission_id: str = "commissionHsaId"
    commission_name: str = "commissionName"
    commission_purpose: str = "commissionPurpose"
    unit_id: str = "healthCareUnitHsaId"
    unit_name: str = "healthCareUnitName"
    starts_on: str = "startDate"
    ends_on: str = "endDate"

    @property
    def of_person(self) -> Sequence[str]:
        names = (self.staff_id, self.given_name, self.family_name, self.roles, *self.attributes)
        return _named(*names)

    @property
    def of_commission(self) -> Sequence[str]:
        """Those that the provider gives of the one that was chosen there: it gives no dates."""
        return _named(
            self.commission_id,
            self.commission_name,
            self.commission_purpose,
            self.unit_id,
            self.unit_name,
        )


def _named(*names: str) -> Sequence[str]:
    return [name for name in names if name]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReader:
    """`picked_there`: the provider lets the person choose, and gives that commission alone.

    `separator` is what stands between many values in one text; `""` where that is not done.
    """

    names: ClaimNames = field(default_factory=ClaimNames)
    picked_there: bool = False
    separator: str = ""

    def staff(self, claims: Claims) -> StaffClaims:
        """Raises `ClaimMissing` or `ClaimUnreadable` for what nobody gets in without."""
        names = self.names
        staff_id = self._hsa_id(claims, names.staff_id)
        given = [_shown(self._one(claims, name)) for name in (names.given_name, names.family_name)]
        claim = names.commission_id if self.picked_there else names.all_commissions
        commissions = self._picked(claims) if self.picked_there else self._all(claims)
        return StaffClaims(
            staff_id=staff_id,
            name=" ".join(filter(None, given)) or staff_id,
            commissions=tuple(commissions),
            picked=_text(self._one(claims, names.commission_id)) or None,
            system_roles=tuple(self._roles(claims)),
            only_picked=self.picked_there,
            without="" if commissions else claim,
        )

    def _picked(self, claims: Claims) -> Sequence[Commission]:
        """None for somebody who has none, as those of the administration may."""
        if not self._one(claims, self.names.commission_id):
            return []
        return [self._commission(claims)]

    def _all(self, claims: Claims) -> Sequence[Commission]:
        """An odd one, or of a unit without an HSA-id, keeps nobody from the others."""
        read: list[Commission] = []
        odd: list[str] = []
        for each in self._many(claims, self.names.all_commissions):
            try:
                read.append(self._commission(each if isinstance(each, dict) else {}))
            except (ClaimMissing, ClaimUnreadable) as error:
                odd.append(error.claim)
        if odd:
            claims_at_fault = ", ".join(sorted(set(odd)))
            log.warning("Passed over %d commissions for their %s", len(odd), claims_at_fault)
        return read

    def _commission(self, claims: Claims) -> Commission:
        names = self.names
        return Commission(
            hsa_id=self._required(claims, names.commission_id),
            name=_shown(self._one(claims, names.commission_name)),
            purpose=self._required(claims, names.commission_purpose),
            unit_id=HsaId(self._hsa_id(claims, names.unit_id)),
            unit_name=_shown(self._one(claims, names.unit_name)),
            starts_on=self._date(claims, names.starts_on),
            ends_on=self._date(claims, names.ends_on),
        )

    def _roles(self, claims: Claims) -> Iterator[str]:
        for role in self._many(claims, self.names.roles):
            if isinstance(role, str):
                yield role
            elif isinstance(role, dict) and (code := _text(role.get(self.names.role_code))):
                units = list(_found(role, self.names.role_unit))
                yield from (f"{code};{unit}" for unit in units) if units else (code,)

        for name in self.names.attributes:
            values = self._many(claims, name)
            yield from (f"{name}={value}" for value in values if isinstance(value, str))

    def _hsa_id(self, claims: Claims, name: str) -> HsaId:
        try:
            return parse_hsa_id(self._required(claims, name))
        except InvalidHsaId:
            raise ClaimUnreadable(name) from None

    def _required(self, claims: Claims, name: str) -> str:
        claimed = self._one(claims, name)
        if claimed in (None, ""):
            raise ClaimMissing(name)
        if not isinstance(claimed, str):
            raise ClaimUnreadable(name)
        return claimed

    def _date(self, claims: Claims, name: str) -> date | None:
        """An open end is absent, empty or null; of a moment its day counts."""
        claimed = self._one(claims, name)
        if claimed in (None, ""):
            return None
        try:
            return date.fromisoformat(str(claimed).partition("T")[0].partition(" ")[0])
        except ValueError:
            raise ClaimUnreadable(name) from None

    def _one(self, claims: Claims, name: str) -> object:
        """The only value of a claim, also of a list. Raises `ClaimUnreadable` for several."""
        claimed = claims.get(name)
        if not isinstance(claimed, list):
            return claimed
        if len(claimed) > 1:
            raise ClaimUnreadable(name)
        return claimed[0] if claimed else None

    def _many(self, claims: Claims, name: str) -> Iterator[object]:
        """One value, a list, or either written as text: many-valued claims come as all three."""
        claimed = claims.get(name)
        for value in claimed if isinstance(claimed, list) else [claimed]:
            for part in self._parts(value):
                if part not in (None, ""):
                    yield part

    def _parts(self, value: object) -> Sequence[object]:
        if not isinstance(value, str):
            return [value]
        if value.lstrip().startswith(("[", "{")):
            try:
                parsed = json.loads(value)
            except ValueError:
                return [value]
            return parsed if isinstance(parsed, list) else [parsed]
        return (
            [part.strip() for part in value.split(self.separator)] if self.separator else [value]
        )


def _text(claimed: object) -> str:
    return claimed if isinstance(claimed, str) else ""


def _shown(claimed: object) -> str:
    """A name to show: nothing in it may break a line or turn around what stands beside it."""
    return str(shown_in_one_line(_text(claimed)))


def _found(claimed: object, name: str) -> Iterator[str]:
    """Every text of that name, however deep."""
    if isinstance(claimed, dict):
        for each, value in claimed.items():
            if each == name and isinstance(value, str):
                yield value
            else:
                yield from _found(value, name)
    elif isinstance(claimed, list):
        for value in claimed:
            yield from _found(value, name)

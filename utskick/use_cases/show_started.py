"""What a package dispatch that was just started will do: counts only, so no log is due."""

from dataclasses import dataclass

from utskick.domain.calendar import LocalMoment
from utskick.domain.dispatches import Dispatch, DispatchId, RecipientState
from utskick.domain.occasions import Occasion
from utskick.domain.packages import PackageTemplate
from utskick.domain.planned_moments import red_day_warning
from utskick.domain.rules import Rules
from utskick.domain.schedules import AnswerBy
from utskick.domain.units import Actor, Unit
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedOccasion:
    """With its last day to answer; `warnings` of a red day, and of an early or late hour."""

    occasion: Occasion
    answer_by: AnswerBy
    warnings: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedPackage:
    dispatch: Dispatch
    occasions: tuple[StartedOccasion, ...]
    recipients: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowStarted:
    store: Store
    rules: Rules

    def __call__(self, dispatch_id: DispatchId, *, actor: Actor) -> StartedPackage:
        """Raises `NotFound`."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            unit = records.units.get(actor.unit_id)
            versions = records.packages.versions(dispatch.package_key or "")
            recipients = records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE)
        package = next((p for p in versions if p.version == dispatch.package_version), None)
        return StartedPackage(
            dispatch=dispatch,
            occasions=tuple(
                StartedOccasion(
                    occasion=occasion,
                    answer_by=dispatch.last_day(occasion),
                    warnings=self._warnings(occasion, unit, package),
                )
                for occasion in dispatch.occasions
            ),
            recipients=recipients,
        )

    def _warnings(
        self, occasion: Occasion, unit: Unit, package: PackageTemplate | None
    ) -> list[str]:
        moment = LocalMoment(occasion.local_date, occasion.local_time)
        red = red_day_warning(package, moment.date) if package else None
        odd = self.rules.hours_of(unit).warning_for(moment)
        return [each for each in (red, odd) if each]

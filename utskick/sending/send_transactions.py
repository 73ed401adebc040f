"""The transactions of sending: what has ended, and what is to be called next."""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from utskick.domain.deliveries import ClaimedDelivery, DeliveryId, Outcome
from utskick.domain.occasions import OccasionId, RunToken
from utskick.failpoints import Step
from utskick.records import DeliveryClaim, Store

log = logging.getLogger(__name__)

_GIVEN_UP_AFTER = 3
"""After so many failed claims in a row the database is taken to be away, for all runs."""


class Written(NamedTuple):
    """What one transaction has committed. Of the runs that `failed`, nothing is known but why.

    `removed` are deliveries under way to recipients who have been removed since their intents.
    """

    claimed: Sequence[ClaimedDelivery]
    failed: Mapping[OccasionId, Exception]
    removed: Collection[DeliveryId] = ()


class Sendable(NamedTuple):
    """Which runs may still send, and what of theirs may not leave any more."""

    runs: Collection[RunToken]
    removed: Collection[DeliveryId]


class SendTransactions:
    """For many runs at once; to be called in a thread."""

    def __init__(self, store: Store, *, lease_s: float) -> None:
        self._store = store
        self._lease_s = lease_s

    def write_and_claim(
        self, outcomes: Sequence[Outcome], claims: Sequence[DeliveryClaim]
    ) -> Written:
        """Write what has ended and commit what is to be called. Raises what the database raises.

        Outcomes that could not be written are settled, like what the dead leave.
        """
        if outcomes:
            # Apart from the claims: whatever becomes of those, what has happened is kept.
            with self._store.transaction(Step.OUTCOME) as records:
                records.deliveries.record(outcomes)
        if not claims:
            return Written([], {})
        try:
            claimed, removed = self._claim(claims, one_by_one=False)
            return Written(claimed, {}, removed)
        except Exception as error:  # noqa: BLE001  # the database's own kinds stay in the store
            log.warning("Claiming again, one by one: %s", type(error).__name__)
            return self._claim_each(claims)

    def sendable(self, runs: Mapping[RunToken, OccasionId]) -> Sendable:
        """What of these runs may still leave."""
        with self._store.transaction() as records:
            return Sendable(
                records.occasions.sendable(runs), records.deliveries.of_removed(runs.values())
            )

    def _claim_each(self, claims: Sequence[DeliveryClaim]) -> Written:
        """Claim for each run by itself, so that one run's failure is not every run's."""
        claimed: list[ClaimedDelivery] = []
        removed: set[DeliveryId] = set()
        failed: dict[OccasionId, Exception] = {}
        for claim in claims:
            try:
                found, gone = self._claim([claim], one_by_one=True)
                claimed += found
                removed |= gone
            except Exception as error:
                failed[claim.occasion_id] = error
                if len(failed) >= _GIVEN_UP_AFTER:
                    raise
        return Written(claimed, failed, removed)

    def _claim(
        self, claims: Sequence[DeliveryClaim], *, one_by_one: bool
    ) -> tuple[list[ClaimedDelivery], set[DeliveryId]]:
        with self._store.transaction(Step.INTENT) as records:
            return (
                records.deliveries.claim(claims, lease_s=self._lease_s, one_by_one=one_by_one),
                records.deliveries.of_removed([claim.occasion_id for claim in claims]),
            )

"""The inbox's national load rule is production's; what is set wins, and a laptop has its own."""

from datetime import timedelta

import pytest

from config.settings import Settings
from utskick.domain.inbox_budget import InboxBudget
from utskick.wiring.rules import rules_of

NATIONAL = InboxBudget(per_s=1, batch=1000, pause_s=300)


def test_production_keeps_to_the_national_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTSKICK_PRODUCTION", "true")

    rules = rules_of(Settings(_env_file=None))

    assert rules.inbox_budget == NATIONAL
    assert rules.inbox_fresh >= rules.longest_lead


def test_another_agreement_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTSKICK_PRODUCTION", "true")
    monkeypatch.setenv("UTSKICK_INBOX__PER_S", "5")

    assert rules_of(Settings(_env_file=None)).inbox_budget.per_s == 5


def test_a_laptop_has_its_own_pace() -> None:
    rules = rules_of(Settings(_env_file=None))

    assert rules.inbox_budget == InboxBudget(per_s=50)
    assert rules.inbox_fresh == timedelta(seconds=30)

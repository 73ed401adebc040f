"""What speed is measured with: contenders side by side in one run, as ratios."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The checkout: benchmarks are no part of what is installed."""


class NotAsPromised(Exception):
    """What was measured did not do what it should, so that its figures mean nothing."""

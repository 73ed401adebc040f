"""Fixtures of those who attack."""

from tests.postgresql import postgresql

__all__ = ["postgresql"]

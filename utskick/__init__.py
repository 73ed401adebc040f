"""Utskick: health forms to residents through 1177, on time and exactly once."""

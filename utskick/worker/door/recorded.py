"""What Prefect keeps of who started a run."""

OPERATORS_TYPE = "operator"
"""What a run is created by, if whoever started it had signed in."""

"""Where the files are that go with the code.

An installed wheel has the same folders beside each other as a checkout, so one place serves both.
What an installation writes is never there: see `config.settings.DATA`.
"""

from pathlib import Path

_PACKAGES = Path(__file__).parents[1]

TEMPLATES = _PACKAGES / "templates"
REGION = _PACKAGES / "config" / "region"
"""The demo region: units, forms, packages, persons and staff."""
EXAMPLE_ENV = _PACKAGES / "config" / "example.env"
PREFECT_YAML = _PACKAGES / "flows" / "prefect.yaml"
"""A link to the `prefect.yaml` above it; the wheel, which has no such place, gets a copy."""

"""What production begins with where a laptop has something else: slower times, above all."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

_READ: Mapping[str, object] = {"read_timeout_s": 32}
DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "platform": {"answers_within_s": 30},
    "forms": {**_READ, "settle_s": 180},
    "inbox": {**_READ, "per_s": 1, "pause_s": 300, "fresh_s": 3600},
    "persons": {**_READ, "test_persons": False},
    "timing": {"lease_s": 80},
}
_ON = TypeAdapter(bool)


class ProductionDefaults(PydanticBaseSettingsSource):
    """The last to be asked: whatever is set anywhere wins over it."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        return DEFAULTS.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return {name: {**each} for name, each in DEFAULTS.items()} if self._production() else {}

    def _production(self) -> bool:
        try:
            return _ON.validate_python(self.current_state.get("production", False))
        except ValidationError:
            return False

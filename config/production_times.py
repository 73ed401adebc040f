"""Times of production, where the national platform takes its time; a laptop's are quicker."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

_READ = {"read_timeout_s": 32}
TIMES: Mapping[str, Mapping[str, float]] = {
    "platform": {"answers_within_s": 30},
    "forms": _READ | {"settle_s": 180},
    "inbox": _READ,
    "persons": _READ,
    "timing": {"lease_s": 80},
}
_ON = TypeAdapter(bool)


class ProductionTimes(PydanticBaseSettingsSource):
    """The last to be asked: whatever is set anywhere wins over them."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        return TIMES.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return {name: dict(times) for name, times in TIMES.items()} if self._production() else {}

    def _production(self) -> bool:
        try:
            return _ON.validate_python(self.current_state.get("production", False))
        except ValidationError:
            return False

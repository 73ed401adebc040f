"""What the form engine makes of the dates that it is asked to keep: nothing promises them back."""

from dataclasses import dataclass
from datetime import timedelta

from utskick.local_1177.moments import contract_date


@dataclass(slots=True, kw_only=True)
class KeptDates:
    """As asked for, unless a setting says otherwise. `says_so`: with a remark (INFO)."""

    moves_expire_days: int = 0
    moves_keep_days: int = 0
    forgets_expire: bool = False
    forgets_keep: bool = False
    says_so: bool = False

    def of(self, expire_date: str, keep_until: str) -> tuple[str, str]:
        """Last day to answer and day to keep until, as they are stored: '' is none."""
        return (
            "" if self.forgets_expire else _moved(expire_date, self.moves_expire_days),
            "" if self.forgets_keep else _moved(keep_until, self.moves_keep_days),
        )


def _moved(day: str, days: int) -> str:
    return f"{contract_date(day) + timedelta(days=days):%Y%m%d}" if day and days else day

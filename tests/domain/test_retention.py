"""What is kept is kept for as long as was promised, and no day less."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from config.settings import RetentionSettings
from utskick.domain.retention import Purged, Retention

NOW = datetime(2033, 3, 1, 11, tzinfo=UTC)


def test_the_access_log_is_kept_for_five_whole_years() -> None:
    oldest_to_go = Retention().access_log_from(NOW)

    assert NOW.replace(year=2028) - timedelta(days=2) < oldest_to_go < NOW.replace(year=2028)


def test_less_than_five_years_of_the_access_log_is_refused() -> None:
    with pytest.raises(ValidationError, match="access_log_years"):
        RetentionSettings(access_log_years=4)


def test_each_is_counted_from_its_own_day() -> None:
    kept = Retention(follow_up_days=30, marked_purged_days=3, reports_days=40)

    assert kept.follow_up_from(date(2033, 3, 1)) == date(2033, 1, 30)
    assert kept.marked_from(NOW) == NOW - timedelta(days=3)
    assert kept.reports_from(NOW) == NOW - timedelta(days=40)


def test_the_receipt_holds_numbers_alone() -> None:
    purged = Purged(forms=1, log_entries=2, persons=3, staff=4, reports=5, drafts=6)

    assert str(purged) == "1 forms, 2 log entries, 5 error mails, 6 drafts, 3 persons, 4 staff"

from datetime import date

import pytest

from utskick.domain.guardians import may_guardian_answer


@pytest.mark.parametrize(
    ("born", "on", "may"),
    [
        (date(2014, 2, 1), date(2027, 1, 31), True),
        (date(2014, 2, 1), date(2027, 2, 1), False),
        (date(2016, 2, 29), date(2029, 2, 28), True),
        (date(2016, 2, 29), date(2029, 3, 1), False),
    ],
)
def test_a_guardian_may_answer_until_the_thirteenth_birthday(
    born: date, on: date, may: bool
) -> None:
    assert may_guardian_answer(born, on=on) is may

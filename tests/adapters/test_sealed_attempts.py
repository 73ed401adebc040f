"""Sign-ins under way: the browser keeps each, and can neither read nor change it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from utskick.adapters.sealed_attempts import SealedAttempts
from utskick.domain.staff import SignInAttempt, SignInFromElsewhere, SignInTooLate

NOW = datetime(2027, 2, 1, 7, tzinfo=UTC)
ATTEMPT = SignInAttempt(
    state="a-state",
    nonce="a-nonce",
    code_verifier="a-verifier",
    return_to="/uppfoljning",
    begun_at=NOW,
    anew=True,
)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def attempts() -> SealedAttempts:
    return SealedAttempts()


def test_what_was_begun_comes_back_as_it_was_and_once(attempts: SealedAttempts) -> None:
    sealed = attempts.seal(ATTEMPT)

    assert attempts.take(sealed, state="a-state", now=NOW + 9 * MINUTE) == ATTEMPT
    with pytest.raises(SignInFromElsewhere):
        attempts.take(sealed, state="a-state", now=NOW + 9 * MINUTE)


def test_nothing_of_it_can_be_read(attempts: SealedAttempts) -> None:
    raw = bytes.fromhex(attempts.seal(ATTEMPT))

    for secret in (ATTEMPT.state, ATTEMPT.nonce, ATTEMPT.code_verifier):
        assert secret.encode() not in raw


def test_a_sign_in_that_takes_more_than_ten_minutes_is_void(attempts: SealedAttempts) -> None:
    with pytest.raises(SignInTooLate):
        attempts.take(attempts.seal(ATTEMPT), state="a-state", now=NOW + 11 * MINUTE)


@pytest.mark.parametrize("state", ["", "another-state", "å", "a-state "])
def test_it_fits_its_own_state_alone(attempts: SealedAttempts, state: str) -> None:
    with pytest.raises(SignInFromElsewhere):
        attempts.take(attempts.seal(ATTEMPT), state=state, now=NOW)


@pytest.mark.parametrize("change", ["", "00", "cut", "flipped", "not hex", "another process"])
def test_what_was_changed_or_made_up_opens_nothing(attempts: SealedAttempts, change: str) -> None:
    sealed = attempts.seal(ATTEMPT)
    changed = {
        "cut": sealed[:-2],
        "flipped": sealed[:-1] + ("0" if sealed[-1] != "0" else "1"),
        "another process": SealedAttempts().seal(ATTEMPT),
    }

    with pytest.raises(SignInFromElsewhere):
        attempts.take(changed.get(change, change), state="a-state", now=NOW)


def test_what_was_used_is_forgotten_when_it_would_be_too_late(attempts: SealedAttempts) -> None:
    for number in range(100):
        begun = replace(ATTEMPT, state=f"{number}", begun_at=NOW + number * MINUTE)
        attempts.take(attempts.seal(begun), state=begun.state, now=begun.begun_at)

    assert len(attempts._used) <= 12  # noqa: SLF001  # what it holds is what is asked

"""Sign-ins under way, sealed for the browser to keep: whoever begins one costs no row.

The key is the process's own: a sign-in that a restart interrupts is begun anew.
"""

import json
import secrets
import threading
from dataclasses import asdict
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from utskick.domain.staff import SignInAttempt, SignInFromElsewhere, SignInTooLate

_LASTS = timedelta(minutes=10)
_NONCE_BYTES = 12


class SealedAttempts:
    """A `SignInAttempts`."""

    def __init__(self) -> None:
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._used: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def seal(self, attempt: SignInAttempt) -> str:
        content = asdict(attempt) | {"begun_at": attempt.begun_at.isoformat()}
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, json.dumps(content).encode(), attempt.state.encode())
        return (nonce + sealed).hex()

    def take(self, sealed: str, *, state: str, now: datetime) -> SignInAttempt:
        attempt = self._opened(sealed, state)
        if now - attempt.begun_at > _LASTS:
            raise SignInTooLate
        with self._lock:
            if state in self._used:
                raise SignInFromElsewhere
            self._used = {each: at for each, at in self._used.items() if now - at <= _LASTS}
            self._used[state] = attempt.begun_at
        return attempt

    def _opened(self, sealed: str, state: str) -> SignInAttempt:
        """Bound to its state: the one in the address must be the one that was sent along."""
        try:
            raw = bytes.fromhex(sealed)
            nonce, ciphertext = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            content = json.loads(self._cipher.decrypt(nonce, ciphertext, state.encode()))
        except (ValueError, InvalidTag):
            raise SignInFromElsewhere from None
        begun_at = datetime.fromisoformat(content.pop("begun_at"))
        return SignInAttempt(**content, begun_at=begun_at)

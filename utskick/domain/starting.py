"""What keeps a process from starting."""

from utskick.security_log import EventOutcome, SecurityEvent, note


class RefusedToStart(ValueError):
    """Every fault at once, each with what to do about it. Holds no secret."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


def note_refusal(refused: RefusedToStart) -> None:
    """That somebody tried to start with this is known to whoever reads the security log."""
    note(SecurityEvent.NOT_STARTED, EventOutcome.REFUSED, faults=[*refused.faults])

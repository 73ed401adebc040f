"""What the identity provider says in place of a code (OAuth 2.0, 4.1.2.1), in our words."""

from utskick.domain.errors import UtskickError
from utskick.domain.staff import AssuranceTooLow, QuestionRefused, SignInBrokenOff
from utskick.ports import TemporaryFailure

_AWAY = frozenset({"temporarily_unavailable", "server_error"})
_REFUSED = frozenset(
    {
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_response_type",
        "registration_not_supported",
        "request_not_supported",
    }
)


def refusal_for(error: str) -> UtskickError | TemporaryFailure:
    """Anybody can send us here with any text, so only the standard's own words are repeated."""
    if error == "unmet_authentication_requirements":
        return AssuranceTooLow()
    if error in _REFUSED:
        return QuestionRefused(f"the provider says {error}")
    if error in _AWAY:
        return TemporaryFailure(f"the provider says {error}")
    return SignInBrokenOff()

"""Why a neighbour could not be asked, in words for whoever connects an installation.

Adapters say of a failure no more than its kind; what it came from is still behind it. Of that only
kinds, codes and numbers are read, never a text of a neighbour's.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from smtplib import SMTPAuthenticationError, SMTPException, SMTPNotSupportedError

import aiohttp
import httpx

from utskick.domain.connections import Explained, NotAsItShould, Trouble
from utskick.domain.starting import RefusedToStart
from utskick.ports import PermanentFailure, PlatformRefusal, TemporaryFailure

_EXPIRED, _WRONG_HOST, _WRONG_ADDRESS = 10, 62, 64
"""Of OpenSSL's `X509_V_ERR_…`."""
_VERSION = "the platform does not take the profile that we speak (RIV-TA Basic Profile 2.1)"
_ILL = Explained(
    Trouble.PLATFORM,
    "the platform is ill, and carried nothing on",
    "try again; tell its operators",
)
_ADDRESS = "check LOGICAL_ADDRESS against the agreement, and ask the platform's operators"
PLATFORM: Mapping[str, Explained] = {
    "VP001": Explained(Trouble.PLATFORM, _VERSION, "check the contract's address (ADDRESSES)"),
    "VP002": Explained(
        Trouble.CERTIFICATE,
        "the platform finds no HSA-id in our certificate",
        "use a SITHS function certificate, whose subject has a serialNumber",
    ),
    "VP003": Explained(Trouble.ADDRESS, "no logical address came with the call", _ADDRESS),
    "VP004": Explained(
        Trouble.ADDRESS, "the platform knows nobody at our logical address", _ADDRESS
    ),
    "VP005": Explained(Trouble.PLATFORM, _VERSION, "check the contract's address (ADDRESSES)"),
    "VP006": Explained(
        Trouble.ADDRESS, "the platform knows several at our logical address", _ADDRESS
    ),
    "VP007": Explained(
        Trouble.AGREEMENT,
        "we have no agreement for this contract and logical address",
        "order it for the HSA-id of our certificate, or wait until it has been entered",
    ),
    "VP008": _ILL,
    "VP009": Explained(
        Trouble.PLATFORM,
        "the platform was reached, and whoever it asked for us did not answer",
        "try again; then ask the service's own operators",
    ),
    "VP010": Explained(Trouble.ADDRESS, "the platform has no URL of that service", _ADDRESS),
    "VP011": Explained(
        Trouble.CERTIFICATE,
        "the platform does not trust whoever called it, or the way",
        "ask its operators whether our certificate and outgoing address are known",
    ),
    "VP012": _ILL,
    "VP013": Explained(
        Trouble.CERTIFICATE,
        "we may not say who the original consumer is",
        "set UTSKICK_PLATFORM__ORIGINAL_CONSUMER=false, or have it allowed",
    ),
    "VP014": Explained(Trouble.ADDRESS, "the call went in a circle between platforms", _ADDRESS),
    "VP015": Explained(
        Trouble.PLATFORM, "the platform could not read our call", "report it to us"
    ),
}
_HTTP = {
    "401": Explained(Trouble.LOGIN, "it wants another login", "check user, password or secret"),
    "403": Explained(
        Trouble.CERTIFICATE,
        "it does not let us in (403)",
        "check certificate, login and outgoing address with its operators",
    ),
    "404": Explained(
        Trouble.ADDRESS, "it has nothing at that address (404)", "check the URL's path"
    ),
}


def explained(error: BaseException) -> Explained:
    """The nearest cause that says something to whoever must mend it."""
    for each in _behind(error):
        for explain in _EACH:
            if found := explain(each):
                return found
    message = str(error) if type(error).__module__.startswith("utskick.") else ""
    said = message or type(error).__name__
    return Explained(Trouble.ANSWER, f"no usable answer ({said})", "check the URL and its path")


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _of_ours(error: BaseException) -> Explained | None:
    match error:
        case NotAsItShould():
            return error.explained
        case RefusedToStart(faults=faults):
            return Explained(Trouble.SETTING, "; ".join(faults))
        case PlatformRefusal(code=code) if code in PLATFORM:
            return _by_code(code)
        case TemporaryFailure() | PermanentFailure():
            return _by_words(str(error))
        case _:
            return None


def _of_tls(error: BaseException) -> Explained | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_theirs(getattr(error, "verify_code", 0))
    reason = (getattr(error, "reason", "") or "") if isinstance(error, ssl.SSLError) else ""
    if "ALERT" in reason:
        return Explained(
            Trouble.CERTIFICATE,
            f"it refuses our certificate ({reason})",
            "is it the right one, valid, and of an authority that it trusts (SITHS, QA or"
            " production)?",
        )
    if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST"}:
        return Explained(Trouble.ADDRESS, "it speaks no TLS at that port", "check scheme and port")
    if reason:
        return Explained(Trouble.CERTIFICATE, f"TLS failed ({reason})", "check both sides' TLS")
    return None


def _of_time(error: BaseException) -> Explained | None:
    if isinstance(error, aiohttp.ConnectionTimeoutError | httpx.ConnectTimeout):
        return Explained(
            Trouble.TIME_OUT,
            "no connection within the time-out",
            "as a rule a firewall: is our outgoing address let through?",
        )
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return Explained(Trouble.TIME_OUT, "no answer within the time-out", "try again")
    return None


def _of_http(error: BaseException) -> Explained | None:
    if isinstance(error, httpx.HTTPStatusError):
        return _HTTP.get(str(error.response.status_code))
    return None


def _of_theirs(code: int) -> Explained | None:
    if code == _EXPIRED:
        words, remedy = "its certificate has expired", "tell its operators; check our clock"
    elif code in (_WRONG_HOST, _WRONG_ADDRESS):
        words, remedy = "its certificate is for another name", "check the URL's host"
    elif code:
        words = f"its certificate is of an authority that we do not trust (OpenSSL {code})"
        remedy = "put that authority's certificate into CA_FILE"
    else:
        return None
    return Explained(Trouble.CERTIFICATE, words, remedy)


def _of_relay(error: BaseException) -> Explained | None:
    match error:
        case SMTPAuthenticationError(smtp_code=code):
            return Explained(
                Trouble.LOGIN, f"it refuses our login ({code})", "check USER and PASSWORD"
            )
        case SMTPNotSupportedError():
            return Explained(
                Trouble.SETTING, "it offers no STARTTLS, or no login", "check PORT and SECURITY"
            )
        case SMTPException():
            return Explained(
                Trouble.ANSWER, f"it breaks off ({type(error).__name__})", "check PORT"
            )
        case _:
            return None


def _of_network(error: BaseException) -> Explained | None:
    match error:
        case socket.gaierror():
            return Explained(
                Trouble.ADDRESS, "its name cannot be looked up (DNS)", "check the URL's host"
            )
        case ConnectionRefusedError():
            return Explained(
                Trouble.ADDRESS,
                "nobody answers at that port (refused)",
                "check host and port; does it run?",
            )
        case ConnectionResetError() | BrokenPipeError() | aiohttp.ServerDisconnectedError():
            return Explained(
                Trouble.CERTIFICATE,
                "it closed the connection without an answer",
                "with TLS 1.3 a client certificate that is missing or refused looks so",
            )
        case OSError(errno=number) if number and not isinstance(error, aiohttp.ClientError):
            return Explained(
                Trouble.ADDRESS,
                f"it cannot be reached ({type(error).__name__}, {number})",
                "check route and firewall",
            )
        case _:
            return None


def _by_words(text: str) -> Explained | None:
    """Our own adapters' short ones: a code of the platform's, or a status."""
    code = text.rpartition(" ")[2]
    if code in PLATFORM:
        return _by_code(code)
    status = text.rpartition("status ")[2].partition(",")[0]
    return _HTTP.get(status)


def _by_code(code: str) -> Explained:
    known = PLATFORM[code]
    return Explained(known.trouble, f"{code}: {known.words}", known.remedy)


_EACH = (_of_ours, _of_tls, _of_time, _of_http, _of_relay, _of_network)

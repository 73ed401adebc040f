"""Where somebody is signed in, in words that they recognise."""

from fastapi import Request

from utskick.web.callers import address_of

_BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome"}
"""In this order: most call themselves by the names of the later ones too."""
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


def place_of(request: Request) -> str:
    """Firefox på Windows, 192.0.2.7."""
    agent = request.headers.get("user-agent", "")
    safari = "Safari" if "Safari/" in agent else "Okänd webbläsare"
    browser = _first(_BROWSERS, agent) or safari
    system = _first(_SYSTEMS, agent)
    return f"{browser}{f' på {system}' if system else ''}, {address_of(request)}"


def _first(names: dict[str, str], agent: str) -> str:
    return next((name for mark, name in names.items() if mark in agent), "")

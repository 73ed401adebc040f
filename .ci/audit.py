"""Ask for known vulnerabilities of everything that is locked: `make audit`.

Fails for a vulnerability that is known. Without the data nothing is known, which is no failure,
but it is said at the end, loudly: pip-audit itself calls a package harmless that it cannot look
up.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements-dev.lock", "requirements-bench.lock")
"""Together they hold everything: the first has all of `requirements.lock`."""
_PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", re.MULTILINE)
_KNOWN, _NOT_KNOWN = 1, 0

Ask = Callable[[Sequence[str]], Sequence[Any] | None]


def pinned(locks: Sequence[str]) -> list[str]:
    return sorted(
        {f"{name}=={version}" for lock in locks for name, version in _PINNED.findall(lock)}
    )


def ask(packages: Sequence[str]) -> Sequence[Any] | None:
    """What pip-audit has found of each; `None` if it could not ask."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write("\n".join(packages))
        wanted.flush()
        command = [sys.executable, "-m", "pip_audit", "--requirement", wanted.name, "--no-deps"]
        options = ["--disable-pip", "--format=json", "--progress-spinner=off", "--timeout=15"]
        answer = subprocess.run([*command, *options], capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    try:
        found: Sequence[Any] = json.loads(answer.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return None
    return found


def audit(packages: Sequence[str], *, ask: Ask, say: Callable[[str], object]) -> int:
    """The exit code. One package is asked for first: where nobody answers, more wait in vain."""
    answers = ask(packages[:1])
    if answers and "skip_reason" not in answers[0]:
        answers = ask(packages)
    answered = [each for each in answers or () if "skip_reason" not in each]
    known = [each for each in answered if each["vulns"]]
    for each in known:
        for found in each["vulns"]:
            mended = ", ".join(found["fix_versions"]) or "no version yet"
            say(f"{each['name']} {each['version']}: {found['id']}, mended in {mended}")
    if len(answered) < len(packages):
        missing = len(packages) - len(answered)
        say(
            f"NOT AUDITED: {missing} of {len(packages)} packages could not be looked up from here."
        )
        say("Run `make audit` where pypi.org can be reached before anything is released.")
    else:
        say(f"{len(packages)} packages: {len(known)} with a known vulnerability.")
    return _KNOWN if known else _NOT_KNOWN


if __name__ == "__main__":
    texts = [(ROOT / name).read_text() for name in LOCKS]
    sys.exit(audit(pinned(texts), ask=ask, say=lambda line: print(line, flush=True)))

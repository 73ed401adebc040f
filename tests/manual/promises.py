"""The manual, sentence by sentence, and the table of what becomes of each: `PROMISES.md`.

The manual is not ours to copy: a sentence is known by a hash of its words, and named in words of
our own. Whoever has the manual as a text file compares it with the table:

    python -m tests.manual.promises manual.txt
"""

import hashlib
import re
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Self

TABLE = Path(__file__).parent / "PROMISES.md"
TESTS = TABLE.parents[1]
_ENDS = re.compile(r"(?<=[.!?:])[”\"]?\s+(?=[A-ZÅÄÖ”\"(\[])")
_ROW = re.compile(r"^\| `([0-9a-f]{8})` \|(.*)\|(.*)\|(.*)\|$")
_TEST = re.compile(r"`([^`]+::[^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """`missing` is what is not kept of it yet; a sentence without tests promises nothing."""

    sentence: str
    name: str
    tests: tuple[str, ...]
    missing: str

    @classmethod
    def all(cls) -> list[Self]:
        """The rows of the table."""
        rows = map(_ROW.match, TABLE.read_text(encoding="utf-8").splitlines())
        return [
            cls(
                sentence=row[1],
                name=row[2].strip(),
                tests=tuple(_TEST.findall(row[3])),
                missing=row[4].strip(),
            )
            for row in rows
            if row
        ]


def sentences(manual: str) -> dict[str, str]:
    """Each sentence by its hash, in the manual's order."""
    lines = (line.strip().removeprefix("-").strip() for line in manual.splitlines())
    found = [sentence for line in lines if line for sentence in _ENDS.split(line)]
    return {hash_of(sentence): sentence for sentence in found}


def hash_of(sentence: str) -> str:
    """Of its words alone, whatever stands between them."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", sentence).casefold())
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:8]


def main(manual: Path) -> int:
    """Print what the table lacks of the manual, and what it has that the manual has not."""
    theirs = sentences(manual.read_text(encoding="utf-8"))
    ours = {promise.sentence: promise.name for promise in Promise.all()}
    new = [f"+ {each}  {text}" for each, text in theirs.items() if each not in ours]
    gone = [f"- {each}  {name}" for each, name in ours.items() if each not in theirs]
    report = [*new, *gone, f"{len(theirs)} sentences, {len(ours)} rows"]
    sys.stdout.writelines(f"{line}\n" for line in report)
    return 1 if new or gone else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

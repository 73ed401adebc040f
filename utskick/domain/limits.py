"""How much of everything is taken: one table, so that no two places disagree.

Each limit is explained where it is met, in a sentence of its own; what follows from the longest
recipient list allowed is counted from it.
"""

from dataclasses import dataclass

MEGABYTE = 1_000_000

LONGEST_TEXTS = {"title": 200, "inbox_message": 4000, "form_banner": 1000}
"""How many characters a text may have, by its field's name."""
MOST_OCCASIONS = 100
MOST_FORMS = 100
MOST_ADDRESSES = 20
SPEC_BYTES = MEGABYTE
"""How large a spec may be that is handed in as a file."""
UNPACKED_BYTES = 50 * MEGABYTE
"""How large the parts of a workbook may be, unpacked, by what the file itself declares."""
UNPACKED_AT_ONCE = MEGABYTE
"""Of such parts, that the web process reads itself; beyond it a process of its own does."""
MOST_ELEMENTS = 2_500_000
"""Of XML in these parts, filled or not: each takes its time. Four for each cell."""
DEEPEST_ELEMENT = 100
MOST_PARTS = 3_000
"""Of a workbook's file, whatever they are: three for each sheet that it may have."""
CELLS_A_ROW = 25
"""Of a workbook's filled rows on an average: a single one may have all that Excel has room for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`recipients`: how many a dispatch may have. Manual: "cirka 250 mottagare åt gången".

    `visits`: how many may be handed in at a time.
    """

    recipients: int = 250
    visits: int = 1000

    @property
    def file_bytes(self) -> int:
        """How large a recipient list may be, as a file or pasted."""
        return max(MEGABYTE, 200 * self.recipients)

    @property
    def file_rows(self) -> int:
        """How many rows with content a workbook may have."""
        return max(20_000, 2 * self.recipients)

    @property
    def text_lines(self) -> int:
        """Of a text, the empty ones too."""
        return 5 * self.file_rows

    @property
    def refused_rows(self) -> int:
        """How many refused rows are listed with a reason; with more it is the wrong file."""
        return max(500, 2 * self.recipients)

    @property
    def form_fields(self) -> int:
        """How many fields a page may post; a list of recipients is one, however long it is."""
        return 5_000

    @property
    def form_files(self) -> int:
        return 10

    @property
    def form_bytes(self) -> int:
        """How much a page may post beside files: a long list, its report, and a large paste."""
        return max(8 * MEGABYTE, 1_000 * self.recipients)

    @property
    def request_bytes(self) -> int:
        """Of what a page posts with files, as long as it is worth reading on.

        What is too much of a file is thrown away, so that all else that was typed is kept.
        """
        return max(100 * MEGABYTE, self.form_bytes + self.file_bytes)


def megabytes(size: int) -> str:
    """As people read it: 1 MB, 3,6 MB."""
    tenths = -(-size * 10 // MEGABYTE)
    whole, rest = divmod(tenths, 10)
    return f"{whole},{rest} MB" if rest else f"{whole} MB"

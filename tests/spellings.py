"""How people, and the programs they paste from, write one personnummer."""

from collections.abc import Sequence

_FULL_WIDTH = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_ARABIC = {ord("0") + digit: 0x0660 + digit for digit in range(10)}
_RINGED = dict(zip(map(ord, "0123456789"), "⓪①②③④⑤⑥⑦⑧⑨", strict=True))


def spellings_of(number: str) -> Sequence[str]:
    """Of twelve digits. No two are the same, and none can be read as anything else."""
    year, month, day, last = number[:4], number[4:6], number[6:8], number[8:]
    date, short = number[:8], number[2:8]
    pairs = [number[place : place + 2] for place in range(0, 12, 2)]
    return [
        number,
        number[2:],
        *(date + between + last for between in ("-", "+", " ", ".", "_", "/", ",", "  ")),
        *(short + between + last for between in ("-", "+", " ", ", ", ",", ";", "%2D")),
        f"{date}%2D{last}",
        f"{year}-{month}-{day}-{last}",
        f"{year}-{month}-{day} {last}",
        f"{year}.{month}.{day}.{last}",
        f"{year}/{month}/{day}-{last}",
        f"{year} {month} {day} {last}",
        f"{date} - {last}",
        f"{date} -{last}",
        f"{date}- {last}",
        f"{date} ({last})",
        f"{date}\u2011{last}",
        f"{date}\u2013{last}",
        f"{date}\u2014{last}",
        f"{date}\u2212{last}",
        f"{date}\u00a0{last}",
        f"{date}\u202f{last}",
        f"{date}\u00ad{last}",
        f"{date}\u00ad-{last}",
        f"{date}\u200b{last}",
        f"{year}\u2060{month}{day}\u200d-{last}",
        f"\ufeff{date}-{last}",
        f"\u202e{date}-{last}",
        " ".join(pairs),
        "-".join(pairs),
        " ".join(pairs[1:]),
        " ".join(number),
        f"{short[:4]} {' '.join(pairs[3:])}",
        f"{date}-{last[:2]} {last[2:]}",
        f"{short}-{last[:2]}.{last[2:]}",
        f"{short}-{last[:3]}-{last[3:]}",
        f"{date}-{last}".translate(_FULL_WIDTH),
        f"{date}\uff0d{last}".translate(_FULL_WIDTH),
        f"{date}-{last}".translate(_ARABIC),
        number.translate(_RINGED),
    ]

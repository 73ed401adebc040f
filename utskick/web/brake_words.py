"""What a brake hits, and what came of it, in words and as a table: nobody's identity."""

from utskick.use_cases.pull_brake import Hit, Pulled, Released
from utskick.web.labels import counted, moment


def hit_in_words(hit: Hit) -> str:
    """How much, and on what."""
    words = f"{counted(hit.total, 'pågående utskick', 'pågående utskick')}, {hit.target}"
    return f"{words}; de {len(hit.dispatches)} närmaste visas" if hit.more else words


def hit_table(hit: Hit) -> list[dict[str, str | int]]:
    """One row for each that is shown, the next to be sent first."""
    return [
        {
            "Utskick": each.dispatch.name,
            "Enhet": each.unit.name,
            "Nästa tillfälle": moment(each.next_one.sends_at) if each.next_one else "–",
            "Mottagare": each.recipients,
            "Skickade": each.sent,
            "Läge": "Förbereds eller skickas" if each.being_sent else "Väntar",
        }
        for each in hit.dispatches
    ]


def pulled_in_words(pulled: Pulled) -> str:
    """What holds, and what may still arrive."""
    under_way = counted(pulled.on_their_way, "formulär", "formulär")
    return (
        f"Nödbromsen är dragen för {pulled.hit.target}. {hit_in_words(pulled.hit)}."
        f" {under_way} var på väg och kan komma fram."
    )


def released_in_words(released: Released) -> str:
    """What goes on, and what is left to staff."""
    going_on = counted(released.hit.total, "pågående utskick går", "pågående utskick går")
    words = f"Nödbromsen är släppt för {released.hit.target}. {going_on} vidare."
    if released.hit.goes_on:
        left = counted(released.hit.goes_on, "tillfälle", "tillfällen")
        words += f" Inkorgsmeddelanden för {left} lämnas nu."
    if released.passed:
        passed = counted(released.passed, "tillfälle har", "tillfällen har")
        choose = "enheten väljer om det" if released.passed == 1 else "enheterna väljer om de"
        words += f" {passed} passerat: {choose} ska skickas."
    return words

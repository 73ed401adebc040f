"""What a check of the access log has found, in words: what, and since when."""

from utskick.domain.log_chain import Finding, LogCheck, LogFault
from utskick.web.labels import moment

_WHOLE = "Loggen är hel: ingen post har ändrats, bytts ut eller tagits bort."
_CALL = "Kontakta driften, och ändra inget i databasen."


def finding_in_words(found: Finding) -> str:
    """One sentence, or two."""
    posts = _posts(found.first, found.last)
    one = found.first == found.last
    seen = moment(found.seen_at)
    match found.fault:
        case LogFault.CHANGED:
            return f"{posts} har ändrats, och följer inte av {'den' if one else 'dem'} före."
        case LogFault.MISSING if seen:
            return f"{posts} har tagits bort: {'den' if one else 'de'} fanns {seen}."
        case LogFault.MISSING:
            return f"{posts} har tagits bort."
        case LogFault.EXCHANGED:
            whoever = posts if one else f"Någon av {posts[:1].lower()}{posts[1:]}"
            return f"{whoever} har bytts ut eller tagits bort: {seen} var loggen en annan."
        case LogFault.FORGED:
            return (
                f"Huvudet för post {found.first} ({seen}) är inte skrivet av Utskick, eller så"
                " har loggens nycklar ändrats."
            )


def check_in_words(check: LogCheck) -> list[str]:
    """All that a check says, the verdict first."""
    wrong = [*map(finding_in_words, check.findings), _CALL]
    verdict = [_WHOLE] if check.whole else wrong
    return [*verdict, *_proof(check), *_purged(check), *_restored(check), *_unkeyed(check)]


def _proof(check: LogCheck) -> list[str]:
    if check.head is None:
        none = (
            "Loggens slut är inte noterat utanför databasen än, så det syns inte om de sista"
            " posterna fattas. Kontrollera igen om tio minuter. Står det här även"
            " då: kontakta driften."
        )
        return [none] if check.entries else []
    since = moment(check.heads_since)
    last = check.head.number
    compared = f"Loggen är jämförd med vad som har noterats utanför databasen sedan {since}"
    return [f"{compared}, till och med post {last}."]


def _purged(check: LogCheck) -> list[str]:
    if check.start is None:
        return []
    posts = _posts(1, check.start.number)
    return [f"{posts} har gallrats, senast {moment(check.start.at)}: loggen börjar efter dem."]


def _restored(check: LogCheck) -> list[str]:
    return [
        f"En säkerhetskopia lades tillbaka {moment(at)}: vad loggen fick efter kopian finns inte."
        for at in check.restored
    ]


def _unkeyed(check: LogCheck) -> list[str]:
    if not check.unkeyed:
        return []
    first = check.start.number + 1 if check.start else 1
    posts = _posts(first, first + check.unkeyed - 1)
    return [f"{posts} är äldre än loggens nycklar: ändringar från före uppgraderingen syns inte."]


def _posts(first: int, last: int) -> str:
    return f"Post {first}" if first == last else f"Posterna {first}–{last}"

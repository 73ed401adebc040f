"""What a check of the log has found is said with what, and since when."""

from datetime import UTC, datetime

import pytest

from utskick.domain.log_chain import Finding, LogCheck, LogFault, LogHead
from utskick.domain.units import HsaId
from utskick.web.log_words import check_in_words, finding_in_words

NOON = datetime(2027, 2, 1, 11, tzinfo=UTC)
HEAD = LogHead(
    unit_id=HsaId("SE2321000131-E000000000101"), number=4, hash="", at=NOON, key=1, seal=""
)


@pytest.mark.parametrize(
    ("fault", "first", "last", "seen_at", "words"),
    [
        (LogFault.CHANGED, 2, 2, None, "Post 2 har ändrats, och följer inte av den före."),
        (LogFault.CHANGED, 2, 4, None, "Posterna 2–4 har ändrats, och följer inte av dem före."),
        (LogFault.MISSING, 3, 3, None, "Post 3 har tagits bort."),
        (
            *(LogFault.MISSING, 3, 4, NOON),
            "Posterna 3–4 har tagits bort: de fanns 2027-02-01 kl. 12:00.",
        ),
        (
            *(LogFault.EXCHANGED, 3, 4, NOON),
            (
                "Någon av posterna 3–4 har bytts ut eller tagits bort: 2027-02-01 kl. 12:00 var"
                " loggen en annan."
            ),
        ),
        (
            *(LogFault.EXCHANGED, 4, 4, NOON),
            "Post 4 har bytts ut eller tagits bort: 2027-02-01 kl. 12:00 var loggen en annan.",
        ),
        (
            *(LogFault.FORGED, 4, 4, NOON),
            (
                "Huvudet för post 4 (2027-02-01 kl. 12:00) är inte skrivet av Utskick, eller så"
                " har loggens nycklar ändrats."
            ),
        ),
    ],
)
def test_a_finding_is_a_sentence(
    fault: LogFault, first: int, last: int, seen_at: datetime | None, words: str
) -> None:
    found = Finding(fault=fault, first=first, last=last, seen_at=seen_at)

    assert finding_in_words(found) == words


def checked(**changes: object) -> LogCheck:
    parts = {
        "entries": 4,
        "unkeyed": 0,
        "findings": (),
        "head": HEAD,
        "heads_since": NOON,
        "restored": (),
    }
    return LogCheck(**parts | changes)  # type: ignore[arg-type]  # the parts are named above


def test_a_whole_log_is_said_to_be_and_how_far_that_is_known() -> None:
    assert check_in_words(checked()) == [
        "Loggen är hel: ingen post har ändrats, bytts ut eller tagits bort.",
        (
            "Loggen är jämförd med vad som har noterats utanför databasen sedan 2027-02-01"
            " kl. 12:00, till och med post 4."
        ),
    ]


def test_without_a_head_nothing_is_said_of_the_end() -> None:
    [_, proof] = check_in_words(checked(head=None, heads_since=None))

    assert proof == (
        "Loggens slut är inte noterat utanför databasen än, så det syns inte om de sista posterna"
        " fattas. Kontrollera igen om tio minuter. Står det här även då: kontakta driften."
    )
    assert len(check_in_words(checked(entries=0, head=None, heads_since=None))) == 1


@pytest.mark.parametrize(("unkeyed", "posts"), [(1, "Post 1"), (3, "Posterna 1–3")])
def test_what_is_older_than_the_keys_is_said(unkeyed: int, posts: str) -> None:
    assert check_in_words(checked(unkeyed=unkeyed))[-1] == (
        f"{posts} är äldre än loggens nycklar: ändringar från före uppgraderingen syns inte."
    )


def test_what_has_been_purged_is_said() -> None:
    assert check_in_words(checked(start=HEAD))[-1] == (
        "Posterna 1–4 har gallrats, senast 2027-02-01 kl. 12:00: loggen börjar efter dem."
    )


def test_a_restored_backup_is_said() -> None:
    assert check_in_words(checked(restored=(NOON,)))[-1] == (
        "En säkerhetskopia lades tillbaka 2027-02-01 kl. 12:00: vad loggen fick efter kopian finns"
        " inte."
    )

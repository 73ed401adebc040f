"""Every page that staff open, as one of them who may see all of it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID

import httpx

from benchmarks.neighbours import persons
from benchmarks.year import Filled
from utskick.domain.answers import AnswerKnown
from utskick.domain.deliveries import DeliveryState
from utskick.domain.drafts import Draft, DraftContent, DraftId, DraftKind
from utskick.domain.rights import ProvidedRight, Right
from utskick.domain.staff import Commission, StaffSession
from utskick.domain.units import Activity, HsaId
from utskick.records import Order
from utskick.store import SqlStore
from utskick.web.pages.visitors import COOKIE, csrf_of

_OK = 200
_FOLLOW_UP = "/uppfoljning"
_MOST_RECIPIENTS = 250
_PACKAGE = "vuxenpsykiatri-infor-besok"
_DRAFTS = {
    DraftKind.FORM: DraftId(UUID(int=1)),
    DraftKind.PACKAGE: DraftId(UUID(int=2)),
}


class UnexpectedAnswer(Exception):
    """A page that did not open; its time means nothing."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A page, posted to if there are `fields`. An `export` may take seconds."""

    name: str
    address: str
    fields: Mapping[str, str | Sequence[str]] | None = None
    export: bool = False


@dataclass(slots=True)
class Visited:
    """How long the visits of one page took, and what the last one gave."""

    visit: Visit
    times_ms: list[float] = field(default_factory=list)
    bytes: int = 0
    rows: int = 0


class Browser:
    """Signed in, on one connection that is kept."""

    def __init__(self, url: str, token: str) -> None:
        self._csrf = csrf_of(token)
        self._client = httpx.Client(
            base_url=url, headers={"Cookie": f"{COOKIE}={token}"}, timeout=120
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def open(self, visited: Visited, *, counts: bool = True) -> None:
        """Make one visit, and note its time if it counts. Raises `UnexpectedAnswer`."""
        visit = visited.visit
        began = time.perf_counter()
        if visit.fields is None:
            answer = self._client.get(visit.address)
        else:
            answer = self._client.post(visit.address, data={"csrf": self._csrf, **visit.fields})
        took_ms = (time.perf_counter() - began) * 1000
        if answer.status_code != _OK:
            raise UnexpectedAnswer(f"{visit.name}: {answer.status_code}")
        if counts:
            visited.times_ms.append(took_ms)
        visited.bytes = len(answer.content)
        visited.rows = answer.content.count(b"<tr")


def sign_in(store: SqlStore, filled: Filled, *, now: datetime) -> str:
    """Somebody at the largest unit, who is a manager and an administrator too."""
    commission = Commission(
        hsa_id="SE2321000131-U000000000001",
        name="Vårdpersonal",
        purpose="Vård och behandling",
        unit_id=filled.unit_id,
        unit_name="",
    )
    session = StaffSession(
        staff_id=filled.staff_id,
        name="Medarbetare 1",
        commissions=(commission,),
        unit_id=filled.unit_id,
        provided=frozenset(
            {
                ProvidedRight(Right.LOG, filled.unit_id),
                ProvidedRight(Right.REGIONAL_ADMINISTRATION),
            }
        ),
    )
    with store.transaction() as records:
        for draft in _drafts(filled, now):
            records.drafts.add(draft)
        return records.sessions.open(session, now=now)


def _drafts(filled: Filled, now: datetime) -> Iterator[Draft]:
    """One of each kind, with as many recipients as there may be."""
    numbers = persons(_MOST_RECIPIENTS)
    listed = "|".join(f"{number} SMS,Email" for number in numbers)
    for kind, draft_id in _DRAFTS.items():
        fields = {"package": [_PACKAGE], "mottagare": [listed]}
        yield Draft(
            id=draft_id,
            kind=kind,
            unit_id=HsaId(filled.unit_id),
            owner=filled.staff_id,
            # Nobody is looked up anew while pages are measured.
            changed_at=now + timedelta(days=1),
            content=DraftContent(fields=fields),
        )


def visits(filled: Filled, *, today: date) -> list[Visit]:
    """What is opened, by the menu."""
    return [
        *_starting(),
        *_ongoing(filled),
        *_follow_up(filled, today),
        *_log(filled, today),
        *_administration(filled),
    ]


def _starting() -> Iterator[Visit]:
    form, package = _DRAFTS[DraftKind.FORM], _DRAFTS[DraftKind.PACKAGE]
    yield Visit("Skicka formulär", "/skicka-formular")
    yield Visit("Skicka formulär, 250 mottagare", f"/skicka-formular/utkast/{form}")
    yield Visit("Skicka NAFS formulär", "/skicka-nafs-formular")
    yield Visit("Formulärlänk och sms", "/formularlank")
    yield Visit("Starta Paketutskick", "/starta-paketutskick")
    yield Visit("Starta Paketutskick, 250 mottagare", f"/starta-paketutskick/utkast/{package}")
    yield Visit("Besök", "/besok")
    yield Visit("Utkast", "/utkast")


def _ongoing(filled: Filled) -> Iterator[Visit]:
    opened = f"/paketutskick/{filled.dispatch_id}"
    yield Visit("Pågående Paketutskick", "/paketutskick")
    yield Visit("Pågående, sida 10", "/paketutskick", {"visa": "paket", "sida": "10"})
    yield Visit("Pågående, namn", "/paketutskick", {"visa": "paket", "sok": "årskontroll"})
    yield Visit("Pågående, nästa tillfälle", "/paketutskick?ordning=nasta")
    yield Visit("Pågående, stoppade", "/paketutskick?status=stoppad")
    yield Visit("Ett paketutskick, 250 × 4 × 12", opened)
    yield Visit("Ett paketutskick, läget", f"{opened}/lage")
    yield Visit("Ett tillfälle, 250 × 4", f"{opened}/tillfalle/{filled.occasion_id}")


def _follow_up(filled: Filled, today: date) -> Iterator[Visit]:
    month_ago, year_on = f"{today - timedelta(days=30)}", f"{today + timedelta(days=330)}"
    yield Visit("Uppföljning", _FOLLOW_UP)
    for name, fields in (
        ("sida 10", {"gor": "sida 10"}),
        ("formulär", {"formular": "livskvalitet"}),
        ("paketutskick", {"paketutskick": "årskontroll"}),
        ("svarsfrekvens", {"gor": "svarsfrekvens 1"}),
        ("inget paketutskick", {"paketutskick": "finns inte"}),
        ("personnummer", {"personnummer": filled.patient}),
        ("månaden", {"skickat_fran": month_ago, "skickat_till": f"{today}"}),
        ("osäkra", {"utskick_status": DeliveryState.MANUAL.value}),
        ("besvarade", {"svar_status": AnswerKnown.ANSWERED.value}),
        ("gallras inom kort", {"gallras_till": f"{today + timedelta(days=30)}"}),
        ("gallras om länge", {"gallras_fran": year_on}),
        ("gallrade med", {"med_gallrade": "ja"}),
        ("efter Besvaras senast", {"ordning": Order.ANSWER_BY.value}),
        ("efter Gallras efter", {"ordning": Order.PURGE_AFTER.value}),
        ("efter formulär", {"ordning": Order.FORM.value}),
        ("efter svar", {"ordning": Order.ANSWER.value}),
    ):
        yield Visit(f"Uppföljning, {name}", _FOLLOW_UP, fields)
    yield Visit("Uppföljning, ett formulär", f"{_FOLLOW_UP}/{filled.delivery_id}")
    for kind in ("csv", "xlsx"):
        yield Visit(
            f"Uppföljning, export {kind}", _FOLLOW_UP, {"gor": f"exportera {kind}"}, export=True
        )


def _log(filled: Filled, today: date) -> Iterator[Visit]:
    patient = {"personnummer": filled.patient}
    long_ago = {
        "fran": f"{today - timedelta(days=300)}",
        "till": f"{today - timedelta(days=290)}",
    }
    yield Visit("Nycklar", "/nycklar")
    yield Visit("Logg", "/logg")
    yield Visit("Logg, patient", "/logg", patient)
    yield Visit("Logg, medarbetare", "/logg", {"personal": filled.staff_id})
    yield Visit("Logg, namn", "/logg", {"personal": "medarbetare 7"})
    yield Visit("Logg, länge sedan", "/logg", long_ago)
    yield Visit("Logg, raderat", "/logg", {"aktivitet": Activity.DELETE.value})
    yield Visit("Logg, utdrag", "/logg", {"gor": "utdrag csv", **patient}, export=True)
    yield Visit("Logg, kontrollera", "/logg", {"gor": "kontrollera"}, export=True)


def _administration(filled: Filled) -> Iterator[Visit]:
    yield Visit("Förvaltning", "/forvaltning")
    yield Visit("Enheter", "/forvaltning/enheter")
    yield Visit("En enhet", f"/forvaltning/enheter/{filled.unit_id}")
    yield Visit("Formulärmallar", "/forvaltning/formularmallar")
    yield Visit("En formulärmall", f"/forvaltning/formularmallar/{filled.template_id}")
    yield Visit("Grundplåtar", "/forvaltning/grundplatar")
    yield Visit("En grundplåt", f"/forvaltning/grundplatar/{_PACKAGE}")
    yield Visit("Ny grundplåt", "/forvaltning/ny-grundplat")
    yield Visit("Mallkatalog", "/forvaltning/mallkatalog")
    yield Visit("Formulärlänkar", "/forvaltning/formularlankar")
    yield Visit("Behörigheter", "/forvaltning/behorigheter")
    yield Visit("Nödbroms", "/forvaltning/nodbroms")
    yield Visit("Kalender", "/forvaltning/kalender")
    yield Visit("Inloggningar", "/forvaltning/inloggningar")
    yield Visit("Förvaltningens logg", "/forvaltning/logg")
    yield Visit("Punktlighet", "/punktlighet")

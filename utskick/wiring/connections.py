"""Each neighbour of an installation read once, as the settings reach it. Nothing is changed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

from config.settings import NeighbourSettings, Settings
from utskick.adapters.diagnosis import explained
from utskick.adapters.prefect_logins import login_of_processes
from utskick.adapters.prefect_scheduler import PrefectScheduler
from utskick.adapters.probes import any_answer, provider_keys
from utskick.adapters.soap_client import Endpoint, endpoints_at
from utskick.domain.certificates import Certificate, CertificateState
from utskick.domain.connections import Explained, NotAsItShould, Reached, Trouble
from utskick.domain.deliveries import FormId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.ports import FormService, PermanentFailure, TemporaryFailure
from utskick.store import SqlStore
from utskick.store.engine import looking_into, require_migrated
from utskick.wiring.neighbours import (
    certificates_of,
    form_service_of,
    inbox_of,
    persons_of,
    relay_of,
    tls_of,
)
from utskick.wiring.vault import vault_of

NOT_TRIED = ("CreateFormRequest", "AddMessageToPatientPortalInbox")
"""They change something: that they may be called shows when something is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAbout:
    """Whom neighbours are asked about. Without a `person` the inbox is only knocked at."""

    unit_id: HsaId
    harmless: Personnummer
    person: Personnummer | None = None


@dataclass(frozen=True, slots=True)
class _Probe:
    neighbour: str
    asked: str
    address: str
    ask: Callable[[], Awaitable[str]]

    async def reached(self) -> Reached:
        """Whatever goes wrong is what was found."""
        try:
            words = await self.ask()
        except Exception as error:  # noqa: BLE001  # each of the others is asked all the same
            why = explained(error)
            return Reached(
                neighbour=self.neighbour,
                asked=self.asked,
                address=self.address,
                words=why.words,
                trouble=why.trouble,
                remedy=why.remedy,
            )
        return Reached(
            neighbour=self.neighbour, asked=self.asked, address=self.address, words=words
        )


async def check_connections(
    settings: Settings, about: AskedAbout, *, now: datetime
) -> list[Reached]:
    """All at once; in the order of the settings."""
    us = settings.source_system_hsa_id
    certificates = [_of_certificate(each, us, now) for each in certificates_of(settings).look()]
    probes = [
        *_forms(settings, about),
        *_inbox(settings, about),
        *_persons(settings, about),
        *_others(settings),
    ]
    return [*certificates, *await asyncio.gather(*(probe.reached() for probe in probes))]


def first_unit(settings: Settings) -> HsaId | None:
    """One that may be asked about; `None` if the database does not say."""
    try:
        with looking_into(settings.database.url) as engine:
            store = SqlStore(engine, vault_of(settings.database))
            with store.transaction() as records:
                units = [unit for unit in records.units.all() if unit.withdrawn_at is None]
    except Exception:  # noqa: BLE001  # what is wrong with it is found beside the others
        return None
    return units[0].id if units else None


def _forms(settings: Settings, about: AskedAbout) -> Iterator[_Probe]:
    def service() -> FormService:
        return form_service_of(settings, tls_of(settings, "forms"))

    async def templates() -> str:
        found = await service().form_templates(about.unit_id)
        if not found:
            raise _wrong("it lists no form templates for the unit", "is it known there? --unit")
        return f"form templates: {len(found)}, of which {sum(found.values())} can be sent"

    async def nothing() -> str:
        try:
            await service().read_answer(FormId(str(uuid4())))
        except PermanentFailure:
            return "it knows no such form, as it should"
        raise _wrong("it knows a form that there is not", "is that the form engine?")

    async def forms_of(person: Personnummer) -> str:
        await service().find_forms(unit_id=about.unit_id, personnummer=person, template_ids=())
        return "answered"

    at = partial(_address, settings.forms)
    yield _Probe(
        "forms", f"GetFormTemplates of {about.unit_id}", at("GetFormTemplates"), templates
    )
    yield _Probe("forms", "GetForm of a form that there is not", at("GetForm"), nothing)
    if about.person:
        asked = partial(forms_of, about.person)
        yield _Probe("forms", "GetForms of the person", at("GetForms"), asked)


def _inbox(settings: Settings, about: AskedAbout) -> Iterator[_Probe]:
    endpoint = _endpoint(settings.inbox, "IsActiveUser")

    async def knock() -> str:
        status = await any_answer(endpoint.url, tls=tls_of(settings, "inbox"))
        return f"somebody is there ({status}); give --person to ask IsActiveUser, too"

    async def user(person: Personnummer) -> str:
        await inbox_of(settings, tls_of(settings, "inbox")).user(person)
        return "answered"

    address = _address(settings.inbox, "IsActiveUser")
    if about.person:
        yield _Probe("inbox", "IsActiveUser of the person", address, partial(user, about.person))
    else:
        yield _Probe("inbox", "whether it is there", address, knock)


def _persons(settings: Settings, about: AskedAbout) -> Iterator[_Probe]:
    async def look_up() -> str:
        person = about.person or about.harmless
        await persons_of(settings, tls_of(settings, "persons")).look_up([person])
        return "answered"

    whom = "the person" if about.person else "a test number"
    address = _address(settings.persons, "GetPersonsForProfile")
    yield _Probe("persons", f"GetPersonsForProfile of {whom}", address, look_up)


def _others(settings: Settings) -> Iterator[_Probe]:
    async def keys() -> str:
        found = await provider_keys(settings.sign_in.issuer, tls=tls_of(settings, "sign_in"))
        return f"it describes itself; keys that it signs with: {found}"

    async def relay() -> str:
        await asyncio.to_thread(relay_of(settings.smtp, tls_of(settings, "smtp")).check)
        return "it greets us, and would take mail"

    async def prefect() -> str:
        waiting = await asyncio.to_thread(_prefect(settings).count_waiting)
        return f"answered; occasions that wait: {waiting}"

    async def database() -> str:
        await asyncio.to_thread(_reach_database, settings.database.url)
        return "connected, with the tables of this version"

    smtp = settings.smtp
    yield _Probe("sign_in", "its description and keys", settings.sign_in.issuer, keys)
    yield _Probe("smtp", "TLS, login and NOOP", f"{smtp.host}:{smtp.port}", relay)
    yield _Probe("scheduler", "what waits", settings.scheduler.api_url, prefect)
    yield _Probe("database", "its tables' version", "", database)


def _prefect(settings: Settings) -> PrefectScheduler:
    return PrefectScheduler(
        api_url=settings.scheduler.api_url,
        auth_string=login_of_processes(settings.scheduler),
        work_pool=settings.scheduler.work_pool,
        tls=tls_of(settings, "scheduler"),
    )


def _reach_database(url: str) -> None:
    try:
        with looking_into(url) as engine:
            require_migrated(engine)
    except TemporaryFailure as away:
        remedy = "check UTSKICK_DATABASE__URL, the server, its login and firewall"
        raise NotAsItShould(Explained(Trouble.ADDRESS, str(away), remedy)) from None


def _wrong(words: str, remedy: str) -> NotAsItShould:
    return NotAsItShould(Explained(Trouble.ANSWER, words, remedy))


def _endpoint(neighbour: NeighbourSettings, contract: str) -> Endpoint:
    return endpoints_at(
        neighbour.url,
        contracts=[contract],
        logical_address=neighbour.logical_address,
        addresses=neighbour.addresses,
    )[contract]


def _address(neighbour: NeighbourSettings, contract: str) -> str:
    endpoint = _endpoint(neighbour, contract)
    return f"{endpoint.url} for {endpoint.logical_address}"


def _of_certificate(certificate: Certificate, us: str, now: datetime) -> Reached:
    ends = f"{certificate.ends_at:%Y-%m-%d}" if certificate.ends_at else ""
    bad = {
        CertificateState.ENDED: f"it ended on {ends}",
        CertificateState.UNUSABLE: "it cannot be read, or does not fit its key or password",
    }
    state = certificate.state(now)
    of = f", and is of {certificate.holder}" if certificate.holder else ""
    if certificate.holder not in ("", us):
        of += f", while UTSKICK_SOURCE_SYSTEM_HSA_ID says {us}"
    soon = ": order a new one" if state is CertificateState.ENDS_SOON else ""
    return Reached(
        neighbour="certificate",
        asked=certificate.setting,
        address=certificate.path,
        words=bad.get(state, f"it lasts until {ends}{of}{soon}"),
        trouble=Trouble.CERTIFICATE if state in bad else None,
        remedy="give a new file" if state in bad else "",
    )

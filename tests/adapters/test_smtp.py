"""Mail and SMS over real SMTP: on the local mailbox, and on relays that misbehave."""

import socket
import ssl
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.adapters.scripted_relay import HANG_UP, relay
from tests.certificates import a_certificate, server_side
from tests.local_1177.conftest import served
from utskick.adapters.sms_by_mail import SmsByMail
from utskick.adapters.smtp_mailer import SmtpMailer
from utskick.adapters.smtp_relay import Login, SmtpRelay
from utskick.domain.sms import parse_mobile
from utskick.local_1177.mailbox import create_app
from utskick.ports import Mail, NotTaken, PermanentFailure, TemporaryFailure, UnknownOutcome

SENDER = "utskick@vgregion.se"
DESK = "formularhantering@vgregion.se"
UNIT = "mottagningen@vgregion.se"
MOBILE = parse_mobile("070-174 06 05")

Failure = type[TemporaryFailure | PermanentFailure | UnknownOutcome]


@dataclass(frozen=True)
class Mailbox:
    url: str
    smtp_port: int
    folder: Path

    def mails(self) -> list[Any]:
        return list(httpx.get(f"{self.url}/api/mails").json())

    def newest(self) -> EmailMessage:
        """As the relay got it, below the envelope that the mailbox notes."""
        newest = max(self.folder.glob("*.eml"))
        return message_from_bytes(newest.read_bytes(), EmailMessage, policy=policy.default)

    def fails(self, kind: str) -> None:
        assert httpx.post(f"{self.url}/control/faults", json={"kind": kind}).is_success


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    folder = tmp_path_factory.mktemp("mailbox")
    port = a_free_port()
    with served(create_app(folder, smtp_port=port)) as url:
        yield Mailbox(url, port, folder)


def a_mailer(port: int, **changes: Any) -> SmtpMailer:
    relay = SmtpRelay(host="127.0.0.1", port=port, **{"timeout_s": 60, **changes})
    return SmtpMailer(relay, sender=SENDER)


def a_mail(
    *,
    to: tuple[str, ...] = (DESK,),
    subject: str = "Paketutskick kunde inte startas: Inför besök",
    body: str = "Paketutskicket ”Inför besök” kunde inte startas.\n.\nEnhet: Björkängen\n",
) -> Mail:
    return Mail(to=to, subject=subject, body=body, message_id="<1@utskick>")


def hand_over(mailer: SmtpMailer, mail: Mail) -> NotTaken:
    """To everybody whom it is for."""
    return mailer.send(mail, to=mail.to)


def test_a_mail_arrives_as_it_was_written(mailbox: Mailbox) -> None:
    mail = a_mail(to=(DESK, UNIT))

    hand_over(a_mailer(mailbox.smtp_port), mail)

    got = mailbox.newest()
    assert got.get_content().replace("\r\n", "\n") == mail.body
    assert got.get_content_type() == "text/plain"
    assert got["Subject"] == mail.subject
    assert got["From"] == SENDER
    assert got["To"] == f"{DESK}, {UNIT}"
    assert got["Message-ID"] == "<1@utskick>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert abs(got["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_subject_cannot_add_headers(mailbox: Mailbox) -> None:
    hand_over(a_mailer(mailbox.smtp_port), a_mail(subject="Paket\r\nBcc: someone@example.se"))

    got = mailbox.newest()
    assert got["Subject"] == "Paket Bcc: someone@example.se"
    assert got["Bcc"] is None


def test_an_sms_is_a_mail_with_nothing_but_its_text(mailbox: Mailbox) -> None:
    gateway = SmsByMail(a_mailer(mailbox.smtp_port))

    gateway.send(MOBILE, "Hej! Två formulär – svara här: https://formular.1177.se")

    [newest, *_] = mailbox.mails()
    assert newest["to"] == ["0701740605@sms.vgregion.se"]
    assert newest["body"].strip() == "Hej! Två formulär - svara här: https://formular.1177.se"
    assert mailbox.newest()["Subject"] == ""
    assert mailbox.newest()["Message-ID"].endswith("@vgregion.se>")


@pytest.mark.parametrize("domain", ["evil.se,0701740606@sms.vgregion.se", "a b.se", "sms.se>", ""])
def test_an_sms_goes_to_one_single_address(mailbox: Mailbox, domain: str) -> None:
    before = mailbox.mails()

    with pytest.raises(PermanentFailure):
        SmsByMail(a_mailer(mailbox.smtp_port), domain=domain).send(MOBILE, "Hej!")

    assert mailbox.mails() == before


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("temporary", TemporaryFailure),
        ("permanent", PermanentFailure),
        ("drop_after", UnknownOutcome),
    ],
)
def test_a_failing_relay_says_what_can_be_known(
    mailbox: Mailbox, kind: str, failure: Failure
) -> None:
    mailbox.fails(kind)

    with pytest.raises(failure):
        hand_over(a_mailer(mailbox.smtp_port), a_mail())


@pytest.mark.parametrize(
    ("verb", "reply", "failure"),
    [
        ("GREETING", "421 Busy", TemporaryFailure),
        ("GREETING", "554 Not here", TemporaryFailure),
        ("GREETING", HANG_UP, TemporaryFailure),
        ("EHLO", HANG_UP, TemporaryFailure),
        ("MAIL", "451 Later", TemporaryFailure),
        ("MAIL", "550 Never", PermanentFailure),
        ("MAIL", HANG_UP, TemporaryFailure),
        ("RCPT", HANG_UP, TemporaryFailure),
        ("DATA", "451 Later", TemporaryFailure),
        ("DATA", "554 Never", PermanentFailure),
        ("DATA", HANG_UP, UnknownOutcome),
        (".", "452 Full", TemporaryFailure),
        (".", "552 Too large", PermanentFailure),
        (".", HANG_UP, UnknownOutcome),
    ],
)
def test_each_stage_fails_in_its_own_way(verb: str, reply: str, failure: Failure) -> None:
    with relay(**{verb: reply}) as scripted, pytest.raises(failure) as caught:
        hand_over(a_mailer(scripted.port), a_mail())

    shown = "".join(traceback.format_exception(caught.value))
    assert DESK not in shown
    assert "Inför besök" not in shown


@pytest.mark.parametrize("reply", ["451 What?", HANG_UP])
def test_a_mail_that_was_taken_is_sent_however_the_relay_takes_leave(reply: str) -> None:
    with relay(QUIT=reply) as scripted:
        hand_over(a_mailer(scripted.port), a_mail())

    assert "." in scripted.heard


@pytest.mark.parametrize(
    ("reply", "not_taken"),
    [
        ("450 Greylisted", NotTaken(deferred=frozenset({UNIT}))),
        ("421 Too busy", NotTaken(deferred=frozenset({UNIT}))),
        ("550 Nobody", NotTaken(refused=frozenset({UNIT}))),
    ],
)
def test_a_relay_answers_for_each_address_by_itself(reply: str, not_taken: NotTaken) -> None:
    with relay(**{f"rcpt TO:<{UNIT}>": reply}) as scripted:
        answer = hand_over(a_mailer(scripted.port), a_mail(to=(UNIT, DESK)))

    assert answer == not_taken
    assert "." in scripted.heard


def test_a_mail_that_nobody_is_there_for_is_not_handed_over() -> None:
    refusals = {f"rcpt TO:<{DESK}>": "450 Greylisted", f"rcpt TO:<{UNIT}>": "550 Nobody"}

    with relay(**refusals) as scripted:
        answer = hand_over(a_mailer(scripted.port), a_mail(to=(DESK, UNIT)))

    assert answer == NotTaken(deferred=frozenset({DESK}), refused=frozenset({UNIT}))
    assert "data" not in scripted.heard


def test_a_relay_that_dies_between_two_addresses_got_nothing() -> None:
    with (
        relay(**{f"rcpt TO:<{UNIT}>": HANG_UP}) as scripted,
        pytest.raises(TemporaryFailure),
    ):
        hand_over(a_mailer(scripted.port), a_mail(to=(DESK, UNIT)))

    assert "data" not in scripted.heard


def test_whoever_gets_a_mail_later_sees_whom_else_it_is_for(mailbox: Mailbox) -> None:
    a_mailer(mailbox.smtp_port).send(a_mail(to=(DESK, UNIT)), to=[UNIT])

    [newest, *_] = mailbox.mails()
    assert newest["to"] == [UNIT]
    assert mailbox.newest()["To"] == f"{DESK}, {UNIT}"


def test_an_address_that_no_relay_can_take_is_refused_and_the_others_get_theirs(
    mailbox: Mailbox,
) -> None:
    nurse, abroad = "sjuksköterska@vgregion.se", "chef@sjukhuset-i-borås.se"

    answer = hand_over(a_mailer(mailbox.smtp_port), a_mail(to=(nurse, abroad)))

    [newest, *_] = mailbox.mails()
    assert answer == NotTaken(refused=frozenset({nurse}))
    assert newest["to"] == ["chef@xn--sjukhuset-i-bors-rob.se"]


def test_two_spellings_of_one_address_get_one_mail_and_neither_refuses_it(
    mailbox: Mailbox,
) -> None:
    swedish, ascii_only = "chef@borås.se", "chef@xn--bors-soa.se"

    answer = hand_over(a_mailer(mailbox.smtp_port), a_mail(to=(swedish, ascii_only)))

    [newest, *_] = mailbox.mails()
    assert answer == NotTaken()
    assert newest["to"] == [ascii_only]
    assert mailbox.newest()["To"] == ascii_only


def test_two_spellings_of_one_address_are_both_refused() -> None:
    two = ("chef@borås.se", "chef@xn--bors-soa.se")

    with relay(RCPT="550 Nobody") as scripted:
        answer = hand_over(a_mailer(scripted.port), a_mail(to=two))

    assert answer == NotTaken(refused=frozenset(two))


def test_a_mail_to_nobody_reaches_no_relay() -> None:
    nurse = "sjuksköterska@vgregion.se"

    assert hand_over(a_mailer(1), a_mail(to=(nurse,))) == NotTaken(refused=frozenset({nurse}))


@pytest.mark.parametrize(
    ("reply", "failure"),
    [("450 Greylisted", TemporaryFailure), ("550 Nobody", PermanentFailure)],
)
def test_a_gateway_that_does_not_take_the_number_fails_as_a_whole(
    reply: str, failure: Failure
) -> None:
    with relay(RCPT=reply) as scripted, pytest.raises(failure):
        SmsByMail(a_mailer(scripted.port)).send(MOBILE, "Hej!")


def test_a_relay_that_is_away_got_nothing() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))

        with pytest.raises(TemporaryFailure):
            hand_over(a_mailer(unheard.getsockname()[1]), a_mail())


def test_a_silent_relay_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TemporaryFailure):
        hand_over(a_mailer(silent.getsockname()[1], timeout_s=0.1), a_mail())


def test_with_tls_a_relay_that_offers_none_gets_nothing() -> None:
    with relay() as scripted, pytest.raises(TemporaryFailure):
        hand_over(a_mailer(scripted.port, tls=ssl.create_default_context()), a_mail())

    assert not any(command.startswith("mail") for command in scripted.heard)


@dataclass
class SecureRelay:
    """A relay with a certificate, and a login if it asks for one."""

    port: int
    trusted: ssl.SSLContext
    mails: list[Envelope]

    logged_in: bool = False

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        self.mails.append(envelope)
        self.logged_in = bool(session.authenticated)
        return "250 Taken"

    def mailer(self, **changes: Any) -> SmtpMailer:
        return a_mailer(self.port, **{"tls": self.trusted, **changes})


@contextmanager
def secure_relay(folder: Path, *, at_once: bool = False, login: str = "") -> Iterator[SecureRelay]:
    def known(_server: object, _session: object, _envelope: object, _how: str, data: Any) -> Any:
        given = f"{data.login.decode()}:{data.password.decode()}"
        return AuthResult(success=given == login, handled=False)

    certificate = a_certificate(folder / "relay.pem")
    tls = server_side(certificate)
    trusted = ssl.create_default_context(cafile=certificate)
    relay = SecureRelay(a_free_port(), trusted, [])
    how: dict[str, Any] = (
        {"ssl_context": tls, "auth_require_tls": False}
        if at_once
        else {"tls_context": tls, "require_starttls": True}
    )
    if login:
        # aiosmtpd does not notice TLS from the first byte, and would warn of a login without.
        how |= {"authenticator": known, "auth_required": not at_once}
    controller = Controller(relay, hostname="127.0.0.1", port=relay.port, **how)
    controller.start()
    try:
        yield relay
    finally:
        controller.stop()


@pytest.mark.parametrize("at_once", [False, True])
def test_with_tls_the_mail_is_sent_encrypted(tmp_path: Path, at_once: bool) -> None:
    with secure_relay(tmp_path, at_once=at_once) as relay:
        hand_over(relay.mailer(at_once=at_once), a_mail())

        assert len(relay.mails) == 1


@pytest.mark.parametrize("at_once", [False, True])
def test_a_relay_with_a_certificate_of_somebody_else_gets_nothing(
    tmp_path: Path, at_once: bool
) -> None:
    with secure_relay(tmp_path, at_once=at_once) as relay:
        with pytest.raises(TemporaryFailure):
            hand_over(relay.mailer(at_once=at_once, tls=ssl.create_default_context()), a_mail())

        assert relay.mails == []


@pytest.mark.parametrize("at_once", [False, True])
def test_a_relay_that_asks_for_a_login_gets_it_over_tls(tmp_path: Path, at_once: bool) -> None:
    with secure_relay(tmp_path, at_once=at_once, login="utskick:pass-word") as relay:
        hand_over(relay.mailer(at_once=at_once, login=Login("utskick", "pass-word")), a_mail())

        assert len(relay.mails) == 1
        assert relay.logged_in


@pytest.mark.parametrize(
    ("login", "given"),
    [
        # Somebody mends the password, and the mail is wanted then: not applied, tried again.
        ("utskick:pass-word", Login("utskick", "wrong")),
        ("utskick:pass-word", None),
        # A relay that knows no logins: nothing is sent in the name of nobody.
        ("", Login("utskick", "pass-word")),
    ],
)
def test_a_refused_login_means_that_nothing_was_sent(
    tmp_path: Path, login: str, given: Login | None
) -> None:
    with secure_relay(tmp_path, login=login) as relay:
        with pytest.raises(TemporaryFailure) as caught:
            hand_over(relay.mailer(login=given), a_mail())

        assert relay.mails == []
    assert "wrong" not in "".join(traceback.format_exception(caught.value))


def test_a_login_is_never_shown() -> None:
    assert "pass-word" not in repr(SmtpRelay(host="", port=1, login=Login("me", "pass-word")))


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port

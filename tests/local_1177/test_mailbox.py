"""The mailbox, over real SMTP."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.local_1177.conftest import served
from utskick.local_1177.mailbox import create_app


class Mailbox:
    def __init__(self, url: str, smtp_port: int) -> None:
        self.url, self.smtp_port = url, smtp_port

    def send(self, to: str, subject: str, body: str = "Hej på dig") -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Message-ID"] = "utskick@vgregion.se", to, "<one@test>"
        if subject:
            mail["Subject"] = subject
        mail.set_content(body)
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=60) as relay:
            relay.send_message(mail)

    def mails(self) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.url}/api/mails").json())

    def break_down(self, kind: str, times: int = 1) -> None:
        httpx.post(f"{self.url}/control/faults", json={"kind": kind, "times": times})


@contextmanager
def open_mailbox(folder: Path) -> Iterator[Mailbox]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        smtp_port = probe.getsockname()[1]
    with served(create_app(folder, smtp_port=smtp_port)) as url:
        yield Mailbox(url, smtp_port)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with open_mailbox(tmp_path) as opened:
        yield opened


def test_a_mail_is_kept_and_shown(mailbox: Mailbox) -> None:
    mailbox.send("formularhantering@vgregion.se", "Något är på tok", "Läs <här>")

    (mail,) = mailbox.mails()
    assert mail["from"] == "utskick@vgregion.se"
    assert mail["to"] == ["formularhantering@vgregion.se"]
    assert mail["subject"] == "Något är på tok"
    assert mail["body"].strip() == "Läs <här>"
    assert mail["message_id"] == "<one@test>"
    assert mail["sms"] is False
    page = httpx.get(f"{mailbox.url}/brev/{mail['id']}").text
    assert "Läs &lt;här&gt;" in page


def test_mail_to_the_gateway_is_shown_as_sms(mailbox: Mailbox) -> None:
    mailbox.send("0701740605@sms.vgregion.se", "")

    (mail,) = mailbox.mails()
    assert mail["sms"] is True
    assert mail["subject"] == ""
    assert "SMS till 0701740605@sms.vgregion.se" in httpx.get(mailbox.url).text


def test_the_newest_mail_is_first(mailbox: Mailbox) -> None:
    mailbox.send("a@vgregion.se", "Först")
    mailbox.send("a@vgregion.se", "Sedan")

    assert [mail["subject"] for mail in mailbox.mails()] == ["Sedan", "Först"]
    page = httpx.get(mailbox.url).text
    assert page.index("Sedan") < page.index("Först")


def test_mails_survive_a_restart(tmp_path: Path) -> None:
    with open_mailbox(tmp_path) as mailbox:
        mailbox.send("a@vgregion.se", "Kvar")

    with open_mailbox(tmp_path) as mailbox:
        assert [mail["subject"] for mail in mailbox.mails()] == ["Kvar"]


@pytest.mark.parametrize(("kind", "code"), [("temporary", 451), ("permanent", 550)])
def test_a_refused_mail_is_not_kept(mailbox: Mailbox, kind: str, code: int) -> None:
    mailbox.break_down(kind)

    with pytest.raises(smtplib.SMTPDataError) as caught:
        mailbox.send("a@vgregion.se", "Nej")

    assert caught.value.smtp_code == code
    assert mailbox.mails() == []


def test_a_dropped_connection_leaves_the_mail_kept(mailbox: Mailbox) -> None:
    mailbox.break_down("drop_after")

    with pytest.raises(smtplib.SMTPServerDisconnected):
        mailbox.send("a@vgregion.se", "Kvar")

    assert [mail["subject"] for mail in mailbox.mails()] == ["Kvar"]


def test_a_fault_strikes_so_many_times(mailbox: Mailbox) -> None:
    mailbox.break_down("temporary", times=2)

    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError):
            mailbox.send("a@vgregion.se", "Senare")
    mailbox.send("a@vgregion.se", "Nu")

    assert [mail["subject"] for mail in mailbox.mails()] == ["Nu"]


def test_it_says_that_it_is_well_and_has_no_such_mail(mailbox: Mailbox) -> None:
    assert httpx.get(f"{mailbox.url}/health").json() == {"status": "ok"}
    assert httpx.get(f"{mailbox.url}/brev/none").status_code == 404

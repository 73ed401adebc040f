"""The repository's own texts."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from utskick.adapters.jinja_texts import JinjaTexts
from utskick.domain.message_names import NAMES
from utskick.domain.sms import count, normalise
from utskick.files import TEMPLATES

VALUES = {name: f"[{name}]" for name in NAMES}
MAIL_VALUES: dict[str, Any] = {
    "package_name": "Inför besök",
    "is_package": True,
    "unit_name": "Mottagningen Björkängen",
    "unit_id": "SE2321000131-E000000000101",
    "dispatch_id": "7f0c",
    "occasion_number": 2,
    "occasions": 3,
    "local_time": "2027-03-02 08:00",
    "archived": ["PHQ-9"],
    "unsubscribed": ["Smärtskattning"],
    "counts": [["Skyddad identitet", 2]],
    "planned": 10,
    "sent": 8,
    "until": "2027-02-01 12:00",
    "hits": ["Veckoskattning"],
    "missing": 1,
    "extra": 4,
    "twice": 2,
    "pairs": [["form-1", "form-2"]],
    "day": "2027-03-02",
    "number": 4,
    "seen_at": "2027-03-02 08:00",
    "heads": ["{}"],
    "code": "VP007",
    "contract": "CreateFormRequest",
    "what": "Utskick saknar behörighet",
    "remedy": "ring dem.",
    "unclear": True,
    "most_unclear_calls": 5,
    "since": "2027-03-02 08:00",
    "setting": "UTSKICK_PLATFORM__CLIENT_CERTIFICATE",
    "path": "/etc/utskick/ours.pem",
    "state": "ends soon",
    "service": "tjänsteplattformen",
    "ends_on": "2027-03-02 08:00",
    "days": 0,
}
ABOUT = {
    "mail/awaits_approval.txt": "godkännande",
    "mail/log_broken.txt": "Logg",
    "mail/log_heads.txt": "Logg",
    "mail/platform.txt": "CreateFormRequest",
    "mail/certificate.txt": "tjänsteplattformen",
}
"""What the subject of a mail names that is about no unit."""
MAILS = sorted(
    f"mail/{path.name}" for path in (TEMPLATES / "mail").glob("*.txt") if path.stem != "parts"
)


@pytest.fixture(scope="module")
def texts() -> JinjaTexts:
    return JinjaTexts()


@pytest.mark.parametrize("name", MAILS)
def test_every_mail_has_a_subject_a_blank_line_and_a_body(texts: JinjaTexts, name: str) -> None:
    subject, blank, *body = texts.render(name, MAIL_VALUES).splitlines()

    assert ABOUT.get(name, "Mottagningen Björkängen") in subject
    assert blank == ""
    assert "Att göra:" in body
    assert "\n\n\n" not in "\n".join(body)


def test_a_mail_about_blocked_forms_names_them_all(texts: JinjaTexts) -> None:
    for name in ("mail/blocked_start.txt", "mail/aborted.txt", "mail/template_watch.txt"):
        mail = texts.render(name, MAIL_VALUES)

        assert "Arkiverade formulärmallar:\n- PHQ-9\n" in mail
        assert "Gemensamma mallar som saknar prenumeration:\n- Smärtskattning\n" in mail


def test_a_mail_about_an_occasion_says_which_and_why(texts: JinjaTexts) -> None:
    for name in ("mail/missed.txt", "mail/not_sent.txt", "mail/manual.txt"):
        mail = texts.render(name, MAIL_VALUES)

        assert "illfälle 2 av 3" in mail
        assert "2027-03-02 08:00" in mail
        assert "- Skyddad identitet: 2\n" in mail


@pytest.mark.parametrize("sender", ["", "Region Väst"])
@pytest.mark.parametrize("number", [1, 3, 12])
def test_an_sms_about_ongoing_forms_is_short_and_names_only_who_staff_chose(
    texts: JinjaTexts, number: int, sender: str
) -> None:
    values = {"count": number, "link": "https://formular.1177.se", "sender": sender, "contact": ""}

    text = texts.render("sms/ongoing_forms.txt", values)

    assert {1: "ett formulär", 3: "tre formulär", 12: "12 formulär"}[number] in text
    assert "https://formular.1177.se" in text
    assert text.endswith(f"Hälsningar {sender}\n" if sender else "när du är klar.\n")
    assert (count(normalise(text)).encoding, count(normalise(text)).parts) == ("GSM-7", 2)


def test_an_sms_with_a_form_link_holds_it_whole(texts: JinjaTexts) -> None:
    link = (
        "https://formular.1177.se/etjanst/00000000-0000-4000-8000-000000000001"
        "?externalApplication=UTSKICK_SE2321000131-E000000000101"
    )
    values = {"link": link, "sender": "", "contact": "031-390 06 11"}

    lines = texts.render("sms/form_link.txt", values).splitlines()

    assert link in lines
    assert lines[-1] == "Frågor? Kontakta oss: 031-390 06 11"


def test_the_message_for_one_form_is_one_that_staff_could_have_written(texts: JinjaTexts) -> None:
    message = texts.read("inbox/single_form.txt")

    assert not texts.faults(message)
    assert "[enhet]" in texts.fill_in(message, VALUES)


def test_a_reminder_writes_its_date_out(texts: JinjaTexts) -> None:
    values = {"unit_name": "Björkängen", "contact": "031-390 06 00", "form_name": "PHQ-9"}

    text = texts.render("inbox/reminder.txt", values | {"answer_by": date(2027, 11, 30)})

    assert "Sista dag att svara är 30 november 2027." in text


def test_a_missing_value_is_an_error_and_not_a_gap(texts: JinjaTexts) -> None:
    with pytest.raises(UndefinedError):
        texts.render("mail/ledger.txt", {})


def test_html_is_escaped_and_plain_text_is_not(tmp_path: Path) -> None:
    for name in ("a.html", "a.txt"):
        (tmp_path / name).write_text("{{ name }}", encoding="utf-8")
    texts = JinjaTexts(tmp_path)

    assert texts.render("a.html", {"name": "<b>"}) == "&lt;b&gt;"
    assert texts.render("a.txt", {"name": "<b>"}) == "<b>"


def test_only_texts_of_the_folder_can_be_read(texts: JinjaTexts) -> None:
    with pytest.raises(TemplateNotFound):
        texts.read("../pyproject.toml")

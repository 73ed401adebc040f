"""Handing in a file: started once, or refused with everything that is wrong with it."""

import json
import unicodedata
from uuid import UUID

import pytest

from tests.command.conftest import UNIT, Installation
from tests.people import ANNA, BO, CILLA
from utskick.domain.specs import DispatchSpec, FormSpec, UploadId

AWAY = "Schemaläggaren svarar inte. Utskicket är sparat och läggs in när den är tillbaka."


def rows(*numbers: str) -> str:
    return "\r\n".join(numbers) + "\r\n"


def listed(installation: Installation) -> int:
    return len(json.loads(installation.run("list", "--json").stdout))


def test_a_package_is_started_and_says_that_the_scheduler_is_away(
    installation: Installation,
) -> None:
    result = installation.run("submit", installation.spec())

    assert result.exit_code == 0
    assert result.stdout.startswith("Startat:\nVuxenpsykiatri, inför besök  Pågående\n")
    assert AWAY in result.stdout


def test_the_same_file_again_starts_nothing_unless_asked_to(installation: Installation) -> None:
    file = installation.spec()
    installation.run("submit", file)

    again = installation.run("submit", file)
    another = installation.run("submit", file, "--again")

    assert again.stdout.startswith("Redan startat:")
    assert another.stdout.startswith("Startat:")
    assert listed(installation) == 2


def test_what_was_stopped_since_is_not_called_started(installation: Installation) -> None:
    file = installation.spec()
    dispatch_id = json.loads(installation.run("submit", file, "--json").stdout)["id"]
    installation.run("stop", dispatch_id)

    again = installation.run("submit", file)
    another = installation.run("submit", file, "--again")

    assert (again.exit_code, again.stdout) == (4, "")
    said = " ".join(again.stderr.split())
    assert "har statusen Stoppad. Inget mer skickas av det" in said
    assert dispatch_id in said
    assert "Återstarta det om det ska fortsätta." in said
    assert "samma kommando med --again" in said
    assert (another.exit_code, another.stdout.startswith("Startat:")) == (0, True)


def test_a_form_is_sent_now(installation: Installation) -> None:
    result = installation.run("send", installation.form_spec(), "--json")

    sent = json.loads(result.stdout)
    assert (result.exit_code, sent["name"], sent["registered"]) == (0, "PHQ-9 Nedstämdhet", False)


def test_what_does_not_hinder_is_a_warning(installation: Installation) -> None:
    recipients = [ANNA.digits, "199001012385"]

    result = installation.run(
        "submit", installation.spec(recipients=recipients, leave_out_unreachable=True)
    )

    assert result.exit_code == 0
    assert "Obs: recipients, rad 2 (1990" in result.stdout


def test_a_file_that_was_written_on_a_mac_names_what_there_is(installation: Installation) -> None:
    package = unicodedata.normalize("NFD", "Vuxenpsykiatri, inför besök")
    form = unicodedata.normalize("NFD", "Inför ditt besök, vuxenpsykiatri")

    result = installation.run("submit", installation.spec(package=package, forms=[form]))

    assert (result.exit_code, result.stderr.count("finns inte")) == (0, 0)


@pytest.mark.parametrize("kind", ["package", "form"])
def test_what_is_uploaded_is_started_by_an_operator(installation: Installation, kind: str) -> None:
    file = installation.spec() if kind == "package" else installation.form_spec()

    result = installation.run("upload", file, *(["--form"] if kind == "form" else []))

    content = installation.services.upload_spec.read_upload(UploadId(UUID(result.stdout.strip())))
    model = DispatchSpec if kind == "package" else FormSpec
    assert model.model_validate_json(content).recipients[0] == ANNA.digits


# The recipients' file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_recipients_may_lie_in_a_file_beside_it(installation: Installation, encoding: str) -> None:
    text = rows("Personnummer", ANNA.digits, "", BO.formatted, CILLA.digits)
    installation.write(text.encode(encoding), "mottagare.txt")
    file = installation.spec(recipients=[], recipients_file="mottagare.txt")

    result = installation.run("submit", file, "--json")

    shown = installation.run("show", json.loads(result.stdout)["id"], "--json")
    assert len(json.loads(shown.stdout)["recipients"]) == 3


def test_recipients_may_lie_on_one_line(installation: Installation) -> None:
    installation.write(f"{ANNA.digits}, {BO.digits};{CILLA.digits}\n", "mottagare.txt")
    file = installation.spec(recipients=[], recipients_file="mottagare.txt")

    assert installation.run("submit", file).exit_code == 0


def test_a_bad_row_has_the_number_that_an_editor_shows(installation: Installation) -> None:
    installation.write(rows(ANNA.digits, "", "19930828-2385"), "mottagare.txt")
    file = installation.spec(recipients=[], recipients_file="mottagare.txt")

    result = installation.run("submit", file)

    assert result.exit_code == 1
    assert "recipients, rad 3 (1993" in result.stderr
    assert "Kontrollsiffran stämmer inte." in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\x01\x02", "Filen går inte att läsa. Spara den som ren text (UTF-8)"),
        (b"\xff\xfe1", "Filen går inte att läsa. Spara den som ren text (UTF-8)"),
        (b" " * 1_000_001, "Filen är för stor: högst 1 MB"),
        (b"", "Mottagarlistan är tom."),
        (None, "recipients_file: filen med mottagare går inte att läsa."),
    ],
    ids=["binary", "cut UTF-16", "too large", "empty", "missing"],
)
def test_a_file_of_recipients_that_is_none_starts_nothing(
    installation: Installation, content: bytes | None, said: str
) -> None:
    if content is not None:
        installation.write(content, "mottagare.txt")
    file = installation.spec(recipients=[], recipients_file="mottagare.txt")

    result = installation.run("submit", file)

    assert result.exit_code == 1
    assert said in result.stderr
    assert listed(installation) == 0


# Refused


def test_every_fault_has_its_file_line_field_and_reason(installation: Installation) -> None:
    file = installation.write(
        f"unit: {UNIT}\npackage: vuxenpsykiatri-infor-besok\nanswer_by: snart\nrecipients: 1\n"
    )

    result = installation.run("submit", file)

    assert result.exit_code == 1
    assert result.stdout == ""
    head, *faults = result.stderr.replace(f"{file}, ", "").splitlines()
    assert head == "Inget är sparat och inget är skickat:"
    assert sorted(fault.split(". ")[0] for fault in faults) == [
        "  • rad 3, answer_by: datumet är inte giltigt",
        "  • rad 4, recipients: värdet ska vara en lista",
    ]


def test_what_is_no_yaml_has_its_line(installation: Installation) -> None:
    result = installation.run("submit", installation.write("unit: [\n", "fel.yaml"))

    assert result.exit_code == 1
    assert "fel.yaml, rad 2, kolumn 1: filen går inte att tolka." in result.stderr


def test_another_encoding_than_utf_8_is_named(installation: Installation) -> None:
    file = installation.write("title: Inför".encode("latin-1"))

    assert "inte sparad som UTF-8" in installation.run("submit", file).stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit": "SE2321000131-E999999999999"}, "unit: enheten finns inte"),
        ({"unit": "mottagningen"}, "Enhetens HSA-id är fel skrivet."),
        ({"package": "borta"}, "package: paketutskicket finns inte för enheten."),
        ({"start": {"date": "2020-01-01", "time": "10:00"}}, "tillfället har passerat."),
        ({"title": f"Till {ANNA.formatted}"}, "title: texten innehåller något som liknar"),
    ],
)
def test_what_the_region_knows_nothing_of_is_refused(
    installation: Installation, changes: dict[str, object], said: str
) -> None:
    result = installation.run("submit", installation.spec(**changes))

    assert result.exit_code == 1
    assert said in result.stderr


def test_a_blocked_start_says_whom_to_turn_to(installation: Installation) -> None:
    result = installation.run("submit", installation.spec(package="blockerat-exempel"))

    assert result.exit_code == 1
    assert "Smärtskattning" in result.stderr
    assert "formularhantering@vgregion.se" in result.stderr


def test_without_the_population_register_nothing_is_started(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTSKICK_PERSONS__URL", "http://127.0.0.1:9")

    result = installation.run("submit", installation.spec())

    assert result.exit_code == 3
    assert "En tjänst svarar inte. Inget är skickat" in result.stderr
    assert listed(installation) == 0


def test_without_the_inbox_a_package_is_started_and_asks_at_its_occasions(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTSKICK_INBOX__URL", "http://127.0.0.1:9")

    result = installation.run("submit", installation.spec())

    assert result.exit_code == 0
    assert "inte kontrollera" in result.output
    assert listed(installation) == 1


def test_a_file_that_is_not_there_is_wrong_usage(installation: Installation) -> None:
    assert installation.run("submit", "finns-inte.yaml").exit_code == 2


def test_a_dry_run_shows_every_text_and_starts_nothing(installation: Installation) -> None:
    result = installation.run("submit", installation.spec(), "--dry-run")

    assert result.exit_code == 0, result.output
    assert "Skulle starta Vuxenpsykiatri, inför besök, till 2 mottagare:" in result.stdout
    assert "Vänliga hälsningar" in result.stdout
    assert "Inget är startat." in result.stdout
    assert installation.run("list").stdout == "Inga utskick.\n"

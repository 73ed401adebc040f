"""What staff do from the terminal with what has been started."""

import json
from uuid import uuid4

import pytest

from tests.adapters.scripted_relay import relay
from tests.command.conftest import UNIT, Installation
from tests.people import ANNA, BO
from utskick.command.output import print_dispatch
from utskick.domain.occasions import OccasionState
from utskick.web.views import DispatchView, FormView

ANOTHER_UNIT = "SE2321000131-E000000000102"


def test_the_list_says_when_each_is_sent_next(installation: Installation) -> None:
    dispatch_id = installation.started()

    printed = installation.run("list").stdout.splitlines()

    assert printed[0] == "Vuxenpsykiatri, inför besök  Pågående"
    assert "10:00, 2 mottagare, 0 av 0 formulär skickade" in printed[1]
    assert printed[2].strip() == dispatch_id


def test_a_long_list_comes_in_pages(installation: Installation) -> None:
    older, newer = installation.started(), installation.started(title="Nyare")

    first, second = [
        installation.run("list", "--per-page", "1", "--page", page) for page in ("1", "2")
    ]

    assert newer in first.stdout
    assert "Sida 1 av 2. Nästa: --page 2" in first.stdout
    assert older in second.stdout
    assert "Nästa" not in second.stdout


def test_an_empty_list_says_so(installation: Installation) -> None:
    assert installation.run("list").stdout == "Inga utskick.\n"


def test_one_is_shown_with_its_recipients_masked(installation: Installation) -> None:
    dispatch_id = installation.started()

    table = installation.run("show", dispatch_id)
    shown = json.loads(installation.run("show", dispatch_id, "--json").stdout)

    assert table.stdout.count("SMS, Email") == 2
    assert all(each["id"] in table.stdout for each in shown["recipients"])


def test_ids_are_whole_in_a_narrow_terminal(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch_id = installation.started()
    monkeypatch.setenv("COLUMNS", "80")

    occasion = installation.dispatch(dispatch_id).occasions[0]
    assert str(occasion.id) in installation.run("show", dispatch_id).stdout


def test_a_name_with_brackets_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    name = "[red]Paket[/x] :smile: 12"
    form = FormView(name=name, planned=0, sent=0, refused={})
    view = DispatchView(
        id=uuid4(), name=name, title="", status="Pågående", occasions=[], forms=[form]
    )

    print_dispatch(view)

    assert capsys.readouterr().out.count(name) == 2


def test_a_stopped_one_is_restarted(installation: Installation) -> None:
    dispatch_id = installation.started()

    stopped = installation.run("stop", dispatch_id)
    restarted = installation.run("restart", dispatch_id, "--json")

    assert stopped.stdout == "Paketutskicket är stoppat. Inget mer skickas.\n"
    assert json.loads(restarted.stdout)["status"] == "Pågående"
    assert "Schemaläggaren svarar inte" in restarted.stderr


def test_what_was_stopped_in_the_middle_says_which_commands_go_on(
    installation: Installation,
) -> None:
    dispatch_id = installation.started()
    wired = installation.services
    occasion = installation.dispatch(dispatch_id).occasions[0]
    with wired.store.transaction() as records:
        records.occasions.close(occasion.id, OccasionState.STOPPED, now=wired.clock.now())
    installation.run("stop", dispatch_id)

    shown = installation.run("show", dispatch_id).stdout
    ended = installation.run("end", str(occasion.id))

    assert f"utskick send-missed {occasion.id}" in shown
    assert f"utskick end {occasion.id}" in shown
    assert f"utskick notify {occasion.id}" not in shown
    assert (ended.exit_code, ended.stdout) == (0, "Avslutat. Det som var kvar skickas inte.\n")
    nobody = installation.run("notify", str(occasion.id))
    assert (nobody.exit_code, "har statusen Avslutat" in nobody.stderr) == (1, True)


def test_what_cannot_be_done_says_what_to_do(installation: Installation) -> None:
    dispatch_id = installation.started()
    installation.run("stop", dispatch_id)

    again = installation.run("stop", dispatch_id)

    assert again.exit_code == 1
    assert "Visa utskicket för att se hur det ligger till." in again.stderr


def test_a_recipient_is_removed_by_a_number_that_nobody_sees(installation: Installation) -> None:
    dispatch_id = installation.started()

    removed = installation.run("remove-recipient", dispatch_id, typed=f"{ANNA.formatted}\n")
    last = installation.run("remove-recipient", dispatch_id, typed=f"{BO.digits}\n")

    assert "Mottagaren är borttagen." in removed.stdout
    assert (last.exit_code, "Stoppa paketutskicket i stället" in last.stderr) == (1, True)


def test_a_number_may_be_pasted_with_any_dash(installation: Installation) -> None:
    dispatch_id = installation.started()

    removed = installation.run("remove-recipient", dispatch_id, typed="19910204\u20112398\n")
    found = installation.run("follow-up", "--person", typed="19910204\u20132398\n")

    assert "Mottagaren är borttagen." in removed.stdout
    assert (found.exit_code, "Inget hittades." in found.stdout) == (0, True)


def test_a_recipient_is_removed_by_id(installation: Installation) -> None:
    dispatch_id = installation.started()
    shown = json.loads(installation.run("show", dispatch_id, "--json").stdout)

    removed = installation.run(
        "remove-recipient", dispatch_id, "--recipient-id", shown["recipients"][0]["id"]
    )

    assert removed.exit_code == 0


def test_a_number_that_is_none_is_refused_without_being_shown(installation: Installation) -> None:
    result = installation.run("remove-recipient", installation.started(), typed="199102042390\n")

    assert (result.exit_code, "Kontrollsiffran" in result.stderr) == (1, True)
    assert "199102042390" not in result.output


def test_a_missed_occasion_is_sent_by_hand(installation: Installation) -> None:
    wired = installation.services
    occasion = installation.dispatch(installation.started()).occasions[0]
    with wired.store.transaction() as records:
        records.occasions.close(occasion.id, OccasionState.MISSED, now=wired.clock.now())

    sent = installation.run("send-missed", str(occasion.id))
    again = installation.run("send-missed", str(occasion.id))

    assert sent.stdout == "Skickas så snart schemaläggaren är tillbaka.\n"
    assert again.exit_code == 1


def test_follow_up_finds_what_was_sent(installation: Installation) -> None:
    sent = json.loads(installation.run("send", installation.form_spec(), "--json").stdout)
    installation.send(installation.dispatch(sent["id"]).occasions[0])

    by_name = installation.run("follow-up", "--form", "phq", "--sent-from", "2026-01-01")
    by_person = installation.run("follow-up", "--person", typed=f"{ANNA.digits}\n")
    nobody = installation.run("follow-up", "--person", typed=f"{BO.digits}\n")

    assert "PHQ-9 Nedstämdhet" in by_name.stdout
    assert "PHQ-9 Nedstämdhet" in by_person.stdout
    assert "Inget hittades." in nobody.stdout


def test_a_form_link_holds_the_form_and_the_unit(installation: Installation) -> None:
    printed = installation.run("form-link", "phq-9").stdout

    assert printed.startswith("https://formular.example/etjanst/")
    assert printed.endswith(f"?externalApplication=UTSKICK_{UNIT}\n")


# SMS


def test_an_sms_is_shown_and_sent(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relay() as gateway:
        monkeypatch.setenv("UTSKICK_SMTP__PORT", str(gateway.port))
        result = installation.run(
            *("sms", "--ongoing", "2", "--sender", "Sjukvården", "--contact", "031-390 06 11"),
            typed="070-174 06 05\n",
        )

    assert result.exit_code == 0
    assert "https://formular.example" in result.stdout
    assert "GSM-7" in result.stdout
    assert result.stdout.endswith("Skickat.\n")
    assert any("0701740605@sms.vgregion.se" in heard for heard in gateway.heard)
    assert "1740605" not in result.output


@pytest.mark.parametrize(
    ("arguments", "typed", "exit_code"),
    [
        ((), "", 2),
        (("--form", "phq-9"), "08-123 456\n", 1),
        (("--form", "phq-9"), "070-174 06 05\n", 3),
        (("--form", "borta"), "", 1),
    ],
    ids=["neither form nor number", "no mobile", "relay away", "no such form"],
)
def test_an_sms_that_cannot_be_sent_is_not(
    installation: Installation, arguments: tuple[str, ...], typed: str, exit_code: int
) -> None:
    result = installation.run(
        "sms", *arguments, "--sender", "Sjukvården", "--contact", "031-390 06 11", typed=typed
    )

    assert result.exit_code == exit_code
    assert "Skickat." not in result.stdout


# Strangers


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "{dispatch}"),
        ("stop", "{dispatch}"),
        ("restart", "{dispatch}"),
        ("remove-recipient", "{dispatch}", "--recipient-id", f"{uuid4()}"),
        ("send-missed", "{occasion}"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_is_another_units_does_not_exist(
    installation: Installation, arguments: tuple[str, ...]
) -> None:
    dispatch_id = installation.started()
    occasion = installation.dispatch(dispatch_id).occasions[0]
    filled = [each.format(dispatch=dispatch_id, occasion=occasion.id) for each in arguments]

    result = installation.run(*filled, "--unit", ANOTHER_UNIT)

    assert result.exit_code == 1
    assert "hör det till en annan enhet" in result.stderr


@pytest.mark.parametrize("command", ["list", "packages", "forms", "check-log", "form-link phq-9"])
@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("SE2321000131-E999999999999", "Det du söker finns inte"),
        ("mottagningen", "Enhetens HSA-id är fel skrivet"),
    ],
)
def test_an_unknown_unit_is_refused_rather_than_shown_empty(
    installation: Installation, command: str, unit: str, said: str
) -> None:
    result = installation.run(*command.split(), "--unit", unit)

    assert (result.exit_code, said in result.stderr) == (1, True)


@pytest.mark.parametrize("command", ["show", "stop", "restart", "remove-recipient", "send-missed"])
def test_an_id_that_is_none_is_wrong_usage(installation: Installation, command: str) -> None:
    assert installation.run(command, "12").exit_code == 2


def test_what_waits_for_a_colleague_says_so_and_no_command_lets_it_go(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTSKICK_APPROVAL__ABOVE", "1")

    spec = installation.spec()
    first = installation.run("submit", spec)
    dispatch_id = json.loads(installation.run("submit", spec, "--json").stdout)["id"]
    restarted = installation.run("restart", dispatch_id)

    assert "Inget skickas förrän en kollega på enheten har godkänt det" in first.stdout
    assert installation.dispatch(dispatch_id).label == "Väntar på godkännande"
    assert restarted.exit_code != 0
    assert "väntar på godkännande" in restarted.output

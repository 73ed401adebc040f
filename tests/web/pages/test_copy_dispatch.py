"""Samma igen, Ersätt and Fler mottagare on the pages: each opens a draft, which starts as any."""

from tests.clinic import OWN, UNIT, WEEKLY, Clinic
from tests.people import ANNA, BO, CILLA
from tests.use_cases.clinic_days import run_to_its_end
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from tests.web.pages.forms import forms_of, main_form
from utskick.domain.dispatches import Dispatch, DispatchStatus


async def weekly(clinic: Clinic) -> Dispatch:
    return (await clinic.start(package=WEEKLY.key, start={})).dispatch


async def opened(staff: Browser, dispatch: Dispatch, button: str, **fields: str) -> str:
    """The draft that a button of the dispatch's page opens."""
    address = f"/paketutskick/{dispatch.id}"
    page = await staff.open(address)
    [form] = [each for each in forms_of(page) if each.action == f"{address}/{button}"]
    answer = await staff.post(form.action, data=dict(form.filled(**fields)))
    return await staff.open(answer.headers["location"])


async def test_a_dispatch_is_replaced_with_what_is_left_of_it(
    staff: Browser, clinic: Clinic
) -> None:
    old = await weekly(clinic)

    draft = await opened(staff, old, "ersatt")
    assert staff.numbers(draft) == [ANNA.digits, BO.digits]
    asked = await staff.press(draft, "starta", title="Din månad")
    started = await staff.press(asked.text, "ja-starta")

    assert "Det gamla stoppas i samma stund" in words_of(asked.text)
    assert started.status_code == 303
    assert clinic.dispatch(old).status is DispatchStatus.STOPPED
    shown = await staff.open(f"/paketutskick/{old.id}")
    [new] = [each.dispatch for each in clinic.listed() if each.dispatch.replaces == old.id]
    page = words_of(shown)
    assert f"Stoppad Ersatt av {new.name} , startat 2027-02-01 kl. 12:00" in page
    assert f'Ersatt av <a href="/paketutskick/{new.id}">' in shown
    assert 'class="bin"' not in shown
    assert "Som det blir vid" not in page
    assert "Serien" in page
    assert "Ersätter ett tidigare" in page


async def test_what_has_come_between_is_said_at_the_start(staff: Browser, clinic: Clinic) -> None:
    old = await weekly(clinic)
    draft = await opened(staff, old, "ersatt")
    asked = (await staff.press(draft, "starta")).text
    clinic.remove(old, BO)

    refused = await staff.press(asked, "ja-starta")

    assert refused.status_code == 422
    assert "har fått andra mottagare sedan utkastet gjordes" in words_of(refused.text)
    assert clinic.dispatch(old).status is DispatchStatus.ONGOING


async def test_one_that_is_over_is_not_replaced(staff: Browser, clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    sign_in(staff, session(UNIT))
    csrf = dict(main_form(await staff.open("/skicka-formular")).fields)["csrf"]

    answer = await staff.post(f"/paketutskick/{dispatch.id}/ersatt", data={"csrf": csrf})

    assert answer.status_code == 409
    assert "har nu statusen Klar" in words_of(answer.text)


async def test_others_are_added_and_whoever_is_in_it_is_refused(
    staff: Browser, clinic: Clinic
) -> None:
    first = await weekly(clinic)
    draft = await opened(staff, first, "fler")
    both = f"{BO.digits}\n{CILLA.digits}"
    listed = await staff.press(draft, "klistra-in", inklistrat=both)

    refused = await staff.press(listed.text, "starta")
    fewer = await staff.press(refused.text, f"ta-bort {BO.digits}")
    asked = await staff.press(fewer.text, "starta")
    await staff.press(asked.text, "ja-starta")

    assert "personen är redan med i paketutskicket" in words_of(refused.text)
    assert len(clinic.listed()) == 2


async def test_a_form_is_sent_again_to_some(staff: Browser, clinic: Clinic) -> None:
    sent = (await clinic.send(form=OWN.key)).dispatch

    draft = await opened(staff, sent, "samma-igen", vilka="ej-skickade")

    assert dict(main_form(draft).fields)["form"] == OWN.name
    assert staff.numbers(draft) == [ANNA.digits, BO.digits]


async def test_a_removal_says_who_it_was_and_can_be_undone(staff: Browser, clinic: Clinic) -> None:
    dispatch = await weekly(clinic)
    [bo] = [r for r in clinic.show(dispatch).recipients if r.personnummer == BO]
    at = f"/paketutskick/{dispatch.id}/mottagare/{bo.id}"
    csrf = dict(main_form(await staff.open(f"/paketutskick/{dispatch.id}")).fields)["csrf"]

    removed = await staff.post(f"{at}/ta-bort", data={"csrf": csrf})
    said = await staff.open(removed.headers["location"])
    undone = await staff.post(f"{at}/angra", data={"csrf": csrf})
    back = await staff.open(undone.headers["location"])

    assert f"{BO.formatted}, 33 år, är borttagen" in words_of(said)
    assert f'formaction="{at}/angra"' in said
    assert BO.digits not in removed.headers["location"]
    assert "är med igen" in words_of(back)
    assert f'formaction="{at}/ta-bort"' in back


async def test_what_leads_on_from_a_dispatch_is_not_printed(
    staff: Browser, clinic: Clinic
) -> None:
    dispatch = await weekly(clinic)

    page = await staff.open(f"/paketutskick/{dispatch.id}")

    assert '<section class="panel unprinted" aria-labelledby="ga-vidare">' in page
    assert page.count('<details class="sure unprinted">') == page.count('class="bin"')
    assert 'class="bin"' in page

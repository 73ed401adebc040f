"""What ends a form for a unit says which running dispatches it hits; their pages warn."""

from tests.clinic import OTHER_UNIT, OWN, SHARED, UNIT, Clinic
from tests.web.pages.conftest import Browser, words_of
from utskick.web.pages.visitors import COOKIE, csrf_of

HERE = f"/forvaltning/enheter/{UNIT.id}"
COMING = "Paketutskicket avbryts vid nästa tillfälle"


async def post(browser: Browser, address: str, **fields: str | list[str]) -> str:
    csrf = csrf_of(browser.cookies[COOKIE])
    answer = await browser.post(address, data={"csrf": csrf} | fields, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return words_of(answer.text)


def subscribes(clinic: Clinic) -> bool:
    with clinic.store.transaction() as records:
        return (UNIT.id, SHARED.id) in records.forms.subscriptions([UNIT.id])


async def test_ending_a_subscription_names_what_it_hits_and_asks(
    administrator: Browser, staff: Browser, clinic: Clinic
) -> None:
    dispatch = (await clinic.start()).dispatch

    question = await post(administrator, f"{HERE}/prenumerationer")
    kept = subscribes(clinic)
    before = words_of(await staff.open(f"/paketutskick/{dispatch.id}"))
    done = await post(administrator, f"{HERE}/prenumerationer", sakert="ja")
    after = words_of(await staff.open(f"/paketutskick/{dispatch.id}"))

    assert "Vill du avsluta prenumerationen? Utskicket nedan innehåller Levnadsvanor" in question
    assert "1 pågående utskick, 1 tillfälle framåt" in question
    assert f"{dispatch.name}, {UNIT.name}: 1 tillfälle, nästa 2027-02-01 kl. 13:00" in question
    assert kept
    assert COMING not in before
    assert "Prenumerationerna är sparade." in done
    assert not subscribes(clinic)
    assert f"{COMING} Prenumerationen på {SHARED.name} upphör" in after


async def test_what_hits_nothing_is_not_asked_about(
    administrator: Browser, clinic: Clinic
) -> None:
    await clinic.start(forms=[OWN.key])

    done = await post(administrator, f"{HERE}/prenumerationer")

    assert "Prenumerationerna är sparade." in done
    assert not subscribes(clinic)


async def test_an_archiving_says_what_it_hits_and_their_pages_warn(
    administrator: Browser, staff: Browser, clinic: Clinic
) -> None:
    dispatch = (await clinic.start()).dispatch
    form = f"/forvaltning/formularmallar/{OWN.id}"

    before = words_of(await administrator.open(form))
    await post(administrator, f"{form}/arkivera")
    page = words_of(await staff.open(f"/paketutskick/{dispatch.id}"))

    assert f"{dispatch.name}, {UNIT.name}: 1 tillfälle" in before
    assert f"{COMING} {OWN.name} är arkiverad." in page


async def test_sharing_no_more_says_what_it_hits_of_others(
    administrator: Browser, clinic: Clinic
) -> None:
    dispatch = (await clinic.start()).dispatch

    page = words_of(await administrator.open(f"/forvaltning/formularmallar/{SHARED.id}"))

    assert "Slutar du dela mallen avbryts de här" in page
    assert f"{dispatch.name}, {UNIT.name}" in page


async def test_a_withdrawal_says_what_it_hits(administrator: Browser, clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch

    page = words_of(await administrator.open(HERE))
    other = words_of(await administrator.open(f"/forvaltning/enheter/{OTHER_UNIT.id}"))

    assert f"{dispatch.name}, {UNIT.name}: 1 tillfälle" in page
    assert dispatch.name not in other

from tests.clinic import *
from utskick.use_cases.close_occasion import Closed


async def test_smoke(clinic: Clinic) -> None:
    started = await clinic.start()
    closed = await clinic.run(started.dispatch.occasions[0])
    print(closed)
    assert isinstance(closed, Closed)
    assert closed.sent == 8
    assert len(clinic.inbox.messages) == 2
    print(clinic.inbox.messages[0][1])
    assert clinic.dispatch(started.dispatch).label == "Klar"

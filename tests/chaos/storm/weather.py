"""Everything at once, for as long as it takes: `python -m tests.chaos.storm`.

Workers are killed and paused, the database crashes, the form service fails in every way it can,
recipients are removed and dispatches stopped. Then the world is healed, and what the local 1177
holds is counted for each delivery. Exits with 1 unless nothing was lost, doubled, put under the
wrong occasion, or sent after a stop.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from benchmarks.neighbours import Local1177, local_1177
from tests.chaos.installation import Installation
from tests.chaos.ledger import Verdict, judge, rows_of, truth_of
from tests.chaos.storm.staff import Staff
from tests.chaos.storm.victims import Victims
from tests.postgresql import PostgresqlServer, running_postgresql
from tests.whole.sinks import files_that_name
from utskick.running.children import Children
from utskick.store.engine import open_engine

TICK_S = 0.05
LONGEST_PIECE_S = 330
HEALED_WITHIN_S = 600
FAULTS: dict[str, dict[str, tuple[float, float]]] = {
    "CreateFormRequest": {
        "error_before": (0.06, 0),
        "error_after": (0.06, 0),
        "reset_before": (0.05, 0),
        "reset_after": (0.05, 0),
        "hang_before": (0.03, 0.6),
        "hang_after": (0.03, 0.6),
        "late": (0.04, 0.4),
        "cut_body": (0.03, 0),
        "too_many": (0.02, 1),
        "double": (0.02, 0),
        "platform_before": (0.005, 0),
        "platform_after": (0.03, 0),
    },
    "GetForms": {
        "error_before": (0.05, 0),
        "hang_before": (0.02, 0.6),
        "platform_before": (0.005, 0),
    },
    "GetFormTemplates": {"error_before": (0.05, 0)},
    "AddMessageToPatientPortalInbox": {
        "error_before": (0.03, 0),
        "error_after": (0.03, 0),
        "reset_after": (0.03, 0),
        "too_many": (0.02, 1),
    },
}
"""For each contract and fault the share of calls, and seconds. A third of all writings fail."""
CODES = {"platform_before": "VP007", "platform_after": "VP009"}
REPEATED_AFTER_S = 0.3
"""By the platform, a call whose connection was reset: soon enough to come before settling."""
_COUNTED = "kills", "pauses", "crashes", "faults", "dispatches", "stops", "removals", "visits"
MUST_BE_ZERO = (
    *("lost", "double", "wrong", "unrecorded", "after_stop", "notified_twice", "unexplained"),
    *("missing", "unreported", "leaks", "visits_twice"),
)


class NeverQuiet(Exception):
    """Long after the storm there are still deliveries under way: something hangs. Says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How much of everything, at least, and within how many seconds."""

    kills: int
    deliveries: int
    pauses: int
    crashes: int
    seconds: float
    seed: int
    all_within_s: float = 0
    """How soon all of it is to have come, on a machine that is quick enough; when most of
    `seconds` has passed, if that is not said."""
    workers: int = 5

    @property
    def platform_in_front(self) -> bool:
        """In every second piece: it repeats calls, and lets no reset through to us."""
        return self.seed % 2 == 0

    def due(self, what: str, passed_s: float) -> float:
        """How many there should have been by now."""
        wanted: int = getattr(self, what)
        return wanted * min(1.0, passed_s / (self.all_within_s or 0.8 * self.seconds))


@dataclass(slots=True, kw_only=True)
class Weathered:
    """What a piece of the storm came to."""

    seed: int
    seconds: float = 0
    kills: int = 0
    pauses: int = 0
    crashes: int = 0
    stops: int = 0
    removals: int = 0
    visits: int = 0
    faults: int = 0
    dispatches: int = 0
    verdict: dict[str, int] = field(default_factory=dict)
    recovered_s: list[float] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not any(self.verdict[name] for name in MUST_BE_ZERO)


def main(arguments: list[str] | None = None) -> None:
    """Blow, print, and leave with what it came to."""
    options = _options(arguments)
    console = Console()
    pieces = _earlier(options.kept)
    while left := _left(options, pieces):
        weathered = weather(left)
        pieces.append(weathered)
        if options.kept:
            _keep(options.kept, weathered)
        show(pieces, console)
        if not weathered.clean:
            break
    if not pieces or not all(piece.clean for piece in pieces):
        sys.exit(1)


def weather(orders: Orders) -> Weathered:
    """One piece: an installation of its own, from its first dispatch to its judgement."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="utskick-storm-")))
        server = stack.enter_context(running_postgresql("fsync=off"))
        children = stack.enter_context(Children(logs=folder / "logs", environment={}))
        neighbour = stack.enter_context(local_1177(folder, children))
        installation = Installation(
            database_url=stack.enter_context(server.fresh_database()),
            key_file=folder / "keys.json",
            local_1177=neighbour.url,
            settle_s=3,
            concurrency=30,
        )
        installation.prepare()
        engine = open_engine(installation.database_url)
        stack.callback(engine.dispose)
        # To be repeated, not to be secret.
        staff = Staff(installation, engine, Random(2 * orders.seed))  # noqa: S311
        stack.callback(staff.leave)
        neighbour.add(staff.patients)
        victims = Victims(installation, engine, Random(2 * orders.seed + 1))  # noqa: S311
        stack.callback(victims.end)
        began = time.monotonic()
        crashes = _blow(orders, staff, victims, neighbour, server)
        neighbour.heal()
        staff.finish()
        victims.heal()
        _heal(staff, victims)
        truth = truth_of(neighbour.url)
        verdict = judge(
            rows_of(engine),
            truth,
            engine=engine,
            stopped=staff.stopped,
            messages=len(truth["messages"]),
        )
        return Weathered(
            seed=orders.seed,
            seconds=round(time.monotonic() - began, 1),
            kills=victims.kills,
            pauses=victims.pauses,
            crashes=crashes,
            stops=staff.stops,
            removals=staff.removals,
            visits=staff.booking_system.said,
            faults=neighbour.struck(),
            dispatches=staff.dispatches,
            verdict=asdict(verdict)
            | _compared(staff, verdict)
            | {"leaks": len(_leaks(staff, folder, server.folder))}
            | {"visits_twice": staff.booking_system.sent_twice(engine)},
            recovered_s=[round(seconds, 2) for seconds in victims.recovered_s],
        )


def _blow(
    orders: Orders, staff: Staff, victims: Victims, neighbour: Local1177, server: PostgresqlServer
) -> int:
    """Everything at its pace, until there was enough of it all; how often the database crashed."""
    neighbour.set_latency(0.02)
    if orders.platform_in_front:
        neighbour.put_platform_in_front(again_after_s=REPEATED_AFTER_S)
    for contract, kinds in FAULTS.items():
        service = "inbox" if "Inbox" in contract else "forms"
        for place, (kind, (share, seconds)) in enumerate(kinds.items()):
            seed = 100 * orders.seed + place
            details = {"share": share, "seconds": seconds, "seed": seed}
            code = CODES.get(kind, "VP009")
            neighbour.break_down(service, kind, endpoint=contract, code=code, **details)
    # Stopped and removed ones are never planned.
    wanted = round(1.1 * orders.deliveries)
    began, crashes = time.monotonic(), 0
    # Staff may have to wait for a row that a paused worker holds; the storm must not.
    with ThreadPoolExecutor(1) as desk:
        at_work = desk.submit(staff.work, wanted=wanted)
        while (passed := time.monotonic() - began) < orders.seconds:
            victims.keep(orders.workers)
            if at_work.done():
                at_work.result()
                at_work = desk.submit(staff.work, wanted=wanted)
            if victims.kills < orders.due("kills", passed):
                victims.kill_one()
            if victims.pauses < orders.due("pauses", passed):
                victims.pause_one()
            if crashes < orders.due("crashes", passed):
                server.crash()
                crashes += 1
                server.start()
            enough = (
                (victims.kills, orders.kills),
                (victims.pauses, orders.pauses),
                (crashes, orders.crashes),
                (staff.sent(), 0.9 * orders.deliveries),
            )
            if all(so_far >= least for so_far, least in enough):
                break
            time.sleep(TICK_S)
        victims.end()
    return crashes


def _heal(staff: Staff, victims: Victims) -> None:
    """Wait until everything has ended. Raises `NeverQuiet`."""
    deadline = time.monotonic() + HEALED_WITHIN_S
    while staff.ongoing() or staff.unsettled():
        if time.monotonic() > deadline:
            raise NeverQuiet(staff.unfinished())
        victims.look_on()
        time.sleep(TICK_S)


def _compared(staff: Staff, verdict: Verdict) -> dict[str, int]:
    """What the nightly comparison makes of it. What the platform made once more and nobody owns
    is reported, if its delivery was sent; else staff have that."""
    compared = staff.compare()
    return {
        "missing": compared.missing,
        "unreported": max(0, verdict.unowned_seconds - compared.twice),
    }


def _leaks(staff: Staff, folder: Path, database: Path) -> list[str]:
    """Whatever anybody has kept names a patient; but the neighbour, who has to."""
    found = files_that_name(staff.numbers, [folder, database])
    leaks = [path for path in found if not Path(path).name.startswith("local-1177.db")]
    assert leaks != found, "the search finds nothing at all"
    return leaks


def show(pieces: Sequence[Weathered], console: Console) -> None:
    """What has been done, and what it came to."""
    table = Table("", "all", *(f"seed {piece.seed}" for piece in pieces[-4:]), title="Storm")
    for name in (
        "kills",
        "pauses",
        "crashes",
        "faults",
        "dispatches",
        "stops",
        "removals",
        "visits",
    ):
        values = [getattr(piece, name) for piece in pieces]
        table.add_row(name, str(sum(values)), *map(str, values[-4:]))
    table.add_section()
    for name in pieces[0].verdict:
        values = [piece.verdict[name] for piece in pieces]
        table.add_row(name.replace("_", " "), str(sum(values)), *map(str, values[-4:]))
    table.add_section()
    everyone = [seconds for piece in pieces for seconds in piece.recovered_s]
    for title, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        each = [_quantile(piece.recovered_s, share) for piece in pieces[-4:]]
        table.add_row(f"recovered after {title}, s", _quantile(everyone, share), *each)
    table.add_row(
        "lasted, s",
        f"{sum(piece.seconds for piece in pieces):.0f}",
        *(f"{piece.seconds:.0f}" for piece in pieces[-4:]),
    )
    console.print(table)


def _quantile(values: Sequence[float], share: float) -> str:
    ordered = sorted(values)
    return f"{ordered[min(len(ordered) - 1, int(share * len(ordered)))]:.1f}" if ordered else "–"


def _left(options: argparse.Namespace, pieces: Sequence[Weathered]) -> Orders | None:
    """The next piece; `None` when there has been enough."""
    wanted = {name: getattr(options, name) for name in ("kills", "pauses", "crashes")}
    left = {
        name: number - sum(getattr(piece, name) for piece in pieces)
        for name, number in wanted.items()
    }
    left["deliveries"] = options.deliveries - sum(p.verdict["deliveries"] for p in pieces)
    if pieces and all(number <= 0 for number in left.values()):
        return None
    largest = {"kills": 1000, "pauses": 300, "crashes": 20, "deliveries": 5000}
    return Orders(
        **{name: min(max(0, number), largest[name]) for name, number in left.items()},
        seconds=min(options.seconds, LONGEST_PIECE_S),
        seed=options.seed + len(pieces),
    )


def _earlier(kept: Path | None) -> list[Weathered]:
    if kept is None or not kept.exists():
        return []
    return [Weathered(**json.loads(line)) for line in kept.read_text().splitlines()]


def _keep(kept: Path, weathered: Weathered) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("a") as file:
        file.write(json.dumps(asdict(weathered)) + "\n")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.storm", description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--deliveries", type=int, default=2000)
    parser.add_argument("--pauses", type=int, default=60)
    parser.add_argument("--crashes", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=110, help="of one piece")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kept", type=Path, help="a file to go on from, a line for each piece")
    return parser.parse_args(arguments)

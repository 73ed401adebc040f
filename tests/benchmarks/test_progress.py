"""How far a benchmark has come is said, also where nobody can see a bar."""

import pytest

from benchmarks.progress import steps


def test_without_a_terminal_each_step_is_a_line_beside_the_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with steps(2) as progress:
        progress.begin("filling")
        progress.say("1,000 of 10,000")
        progress.begin("sending")

    said = capsys.readouterr()
    assert said.err == "1 of 2: filling\n2 of 2: sending\n"
    assert said.out == ""

"""That the mutants still fit the code; whether they are caught is tried by their own command."""

from pathlib import Path

import pytest

from tests.chaos.mutants import MUTANTS, ROOT, Mutant, apply


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_can_be_made(mutant: Mutant, tmp_path: Path) -> None:
    for edit in mutant.edits:
        target = tmp_path / edit.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / edit.path).read_text(encoding="utf-8"), encoding="utf-8")
        apply(edit, tmp_path)

        compile(target.read_text(encoding="utf-8"), edit.path, "exec")

"""The pictures in the docs are what the commands beside them draw: ``make timelines`` after a change of the core."""

import re
import shlex
from pathlib import Path

import pytest

from tests.sim.__main__ import main as simulate
from tools.timeline import main as draw

PICTURES = Path(__file__).parents[2] / "docs" / "timelines"
COMMANDS = re.findall(r"^python -m (tests\.sim|tools\.timeline) (.*)$", (PICTURES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("number", range(len(COMMANDS) // 2))
def test_a_picture_is_what_its_commands_draw(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (_, simulated), (_, drawn) = COMMANDS[2 * number : 2 * number + 2]
    simulate(shlex.split(simulated))
    draw(shlex.split(drawn))
    (picture,) = tmp_path.glob("*.svg")
    assert picture.read_text(encoding="utf-8") == (PICTURES / picture.name).read_text(encoding="utf-8")

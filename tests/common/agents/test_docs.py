"""What the docs show of an agent's file can be used as it stands there."""

from pathlib import Path

import pytest

from common.agents.file import read
from common.config import Settings
from tests.common.agents.files import blocks, write

NEEDED = 'name = "x"\nlanguages = ["en"]\ngender = "male"\naddress = "plural"\n'


def test_the_file_that_is_written_in_ten_minutes_can_be_used(tmp_path: Path) -> None:
    assert read(write(tmp_path, blocks()[0], "bakery"), Settings()).agent.name == "Corner Bakery"


@pytest.mark.parametrize("more", [(1,), (1, 2), (3,), (4,), (5,)], ids=["webhook", "filler", "transfer", "lookup", "report"])
def test_so_can_what_else_it_may_hold(tmp_path: Path, more: tuple[int, ...]) -> None:
    assert read(write(tmp_path, NEEDED + "".join(blocks()[number] for number in more), "bakery"), Settings()).key == "bakery"


def test_there_is_no_other_piece_of_a_file_in_it() -> None:
    assert len(blocks()) == 6

"""Which agent answers a call, and when a save applies."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from common.agents.folder import Folder
from common.agents.in_use import InUse
from common.config import Settings
from gateway.agents import Agents
from tests import virtual_clock
from tests.common.agents.files import CLINIC, folder_of, write

CLINIC_NUMBER, SHOP_NUMBER = "+97231234567", "+12025550143"


def agents(folder: Path, everything: str = "") -> Agents:
    """A clinic and a shop, each with a number; one may take all others."""
    write(folder, CLINIC + f'numbers = ["{CLINIC_NUMBER}"{everything}]', "clinic")
    write(folder, CLINIC + f'numbers = ["{SHOP_NUMBER}"]', "shop")
    return Agents(Settings(), folder_of(folder))


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"to": CLINIC_NUMBER}, "clinic"),
        ({"to": SHOP_NUMBER}, "shop"),
        ({"agent": "shop", "to": CLINIC_NUMBER}, "shop"),
        ({"agent": "nobody", "to": CLINIC_NUMBER}, "clinic"),
        ({"to": "+1"}, ""),
        ({}, ""),
    ],
)
def test_an_agent_is_asked_for_by_name_or_by_the_number_called(tmp_path: Path, parameters: dict[str, str], key: str) -> None:
    assert agents(tmp_path).chosen(parameters).snapshot.key == key


def test_a_name_that_no_agent_has_is_told_once_without_what_was_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    agents(tmp_path).chosen({"agent": "dana-0501234567", "to": "+1"})
    assert caplog.messages == ["what=unknown_agent there_are=clinic,shop"]


@pytest.mark.parametrize("parameters", [{"agent": "shop"}, {"to": "+1"}, {"agent": ""}])
def test_a_name_that_an_agent_has_and_none_at_all_are_not_told(
    tmp_path: Path, parameters: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    agents(tmp_path).chosen(parameters)
    assert caplog.messages == []


@pytest.mark.parametrize(("number", "key"), [("+1", "clinic"), (SHOP_NUMBER, "shop"), ("", "clinic")])
def test_one_agent_may_answer_all_numbers_that_no_other_has(tmp_path: Path, number: str, key: str) -> None:
    assert agents(tmp_path, ', "*"').chosen({"to": number}).snapshot.key == key


def test_without_files_the_settings_say_who_answers() -> None:
    settings = Settings()
    assert Agents(settings).chosen({"to": CLINIC_NUMBER}).settings is settings


def saved(folder: Path, text: str) -> None:
    """The clinic's file with this text, and another time than before."""
    path = write(folder, text)
    os.utime(path, ns=(1, len(text)))


async def test_a_save_applies_to_the_next_call(tmp_path: Path) -> None:
    folder = clinic(tmp_path)
    house = Agents(Settings(), folder)
    saved(tmp_path, CLINIC + 'instructions = "Be kind."')
    await house.look(folder, at_once)
    assert house.chosen({"agent": "clinic"}).snapshot.agent.instructions == "Be kind."


async def test_a_call_keeps_the_agent_that_it_began_with(tmp_path: Path) -> None:
    folder = clinic(tmp_path)
    house = Agents(Settings(), folder)
    before = house.chosen({"agent": "clinic"})
    saved(tmp_path, CLINIC + 'instructions = "Be kind."')
    await house.look(folder, at_once)
    assert before.carried.reference != house.chosen({"agent": "clinic"}).carried.reference


async def test_until_its_phrases_have_their_sound_an_agent_is_what_it_was(tmp_path: Path) -> None:
    folder = clinic(tmp_path)
    house, during = Agents(Settings(), folder), []

    async def make(agents: Sequence[InUse]) -> None:
        during.append(house.chosen({"agent": "clinic"}).snapshot.agent.greeting)

    saved(tmp_path, CLINIC + 'greeting = "Hi"')
    await house.look(folder, make)
    assert (during, house.chosen({"agent": "clinic"}).snapshot.agent.greeting) == ([None], "Hi")


async def test_a_broken_save_keeps_the_last_good_one(tmp_path: Path) -> None:
    folder = clinic(tmp_path)
    house = Agents(Settings(), folder)
    saved(tmp_path, "name = ")
    await house.look(folder, at_once)
    assert house.chosen({"agent": "clinic"}).snapshot.agent.name == "Galil clinic"


def test_the_phrases_of_all_are_made_at_the_start(tmp_path: Path) -> None:
    made: list[str] = []

    async def make(agents: Sequence[InUse]) -> None:
        made.extend(agent.snapshot.key for agent in agents)

    virtual_clock.run(Agents(Settings()).keep_up(make))
    assert made == [""]


def clinic(folder: Path) -> Folder:
    """A folder with the clinic."""
    write(folder)
    return folder_of(folder)


async def at_once(agents: Sequence[InUse]) -> None:
    """All phrases are there."""


SERVERS = """[lookup]
url = "https://x.example/"
secret = "CALLERS_SECRET"
variables = {}
[report]
url = "https://x.example/"
secret = "REPORTS_SECRET"
"""


def test_secrets_that_nobody_set_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTS_SECRET", "s3cret")
    write(tmp_path, CLINIC + SERVERS)
    Agents(Settings(), folder_of(tmp_path))
    assert caplog.messages == ["agent=clinic table=lookup what=no_secret variable=CALLERS_SECRET"]

"""How an agent reaches a worker."""

from pathlib import Path

import pytest

from common.agents.in_use import KnownAgents, in_use
from common.config import Settings
from common.errors import VendorError
from common.messages import Head
from tests.common.agents.files import snapshot
from tests.recorded_bus import RecordedBus

SETTINGS = Settings()


async def test_a_worker_gets_the_agent_as_the_gateway_has_it(tmp_path: Path) -> None:
    clinic = in_use(snapshot(tmp_path, 'instructions = "Be kind."'), SETTINGS)
    bus = RecordedBus(agents={clinic.carried.reference: clinic.carried.data})
    assert await KnownAgents(SETTINGS).of(Head(call="c1", turn=1, agent=clinic.carried.reference), bus) == clinic


async def test_it_is_fetched_once(tmp_path: Path) -> None:
    carried = in_use(snapshot(tmp_path), SETTINGS).carried
    bus, known = RecordedBus(agents={carried.reference: carried.data}), KnownAgents(SETTINGS)
    for turn in (1, 2):
        await known.of(Head(call="c1", turn=turn, agent=carried.reference), bus)
    assert bus.agents_asked == [carried.reference]


async def test_a_message_that_names_none_goes_by_the_settings() -> None:
    assert (await KnownAgents(SETTINGS).of(Head(call="c1", turn=1), RecordedBus())).settings is SETTINGS


async def test_an_agent_that_redis_forgot_is_asked_for_again_later() -> None:
    with pytest.raises(VendorError, match="agent_unknown"):
        await KnownAgents(SETTINGS).of(Head(call="c1", turn=1, agent="clinic-1"), RecordedBus())


async def test_not_more_agents_are_remembered_than_fit(tmp_path: Path) -> None:
    data = in_use(snapshot(tmp_path), SETTINGS).carried.data
    names = [f"clinic-{number}" for number in range(65)]
    bus, known = RecordedBus(agents=dict.fromkeys(names, data)), KnownAgents(SETTINGS)
    for name in (*names, names[0]):
        await known.of(Head(call="c1", turn=1, agent=name), bus)
    assert bus.agents_asked == [*names, names[0]]

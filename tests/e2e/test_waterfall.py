"""The steps of a wait against the wire: real processes, and a caller who measures on the socket how long nothing came."""

from typing import Any

import pytest

from gateway.waterfall import STEPS
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, house
from tests.servers import real_server

pytestmark = pytest.mark.e2e

DELAYS_MS = {"asr": 100, "first_token": 150, "first_sound": 100}
VENDORS = {
    "SCRIPTED_ASR_DELAY_MS": str(DELAYS_MS["asr"]),
    "SCRIPTED_LLM_FIRST_TOKEN_MS": str(DELAYS_MS["first_token"]),
    "SCRIPTED_LLM_TOKENS_PER_S": "50",
    "TONE_FIRST_AUDIO_MS": str(DELAYS_MS["first_sound"]),
    "VAD": "webrtc",
}
SAID = ("short_en_hello.wav", "medium_en_demo-nomatch.wav", "short_en_please-try-again.wav")
FRAME_MS = 20
EDGE_FRAMES = 4
"""The caller knows the sample at which their voice ended, the gateway the frame that its detector called voice last; the frame is
on its way for as long as it lasts."""


@pytest.fixture(params=["off", "full"], scope="module")
def waits(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, dict[str, int]]]:
    """What the caller measured, and what the gateway told, of each wait: without and with drafts."""
    folder = tmp_path_factory.mktemp("house")
    with real_server() as server, house(folder, server.url, SPECULATE=request.param, **SCRIPTED, **VENDORS) as running:
        heard = running.call(*(argument for name in SAID for argument in ("--wav", RECORDINGS / name)))
        measured = [turn["voice_to_voice_ms"] for turn in heard["turns"] if turn["turn"]]
        told = [_figures(event) for event in running.recorded(heard["call"]) if event["name"] == "WATERFALL"]
    return list(zip(measured, told, strict=True))


def _figures(event: dict[str, Any]) -> dict[str, int]:
    return {name: int(value) for name, value in event.items() if name.endswith("_ms")}


def test_the_steps_add_up_to_the_gap_that_the_caller_measured(waits: list[tuple[int, dict[str, int]]]) -> None:
    off = [measured_ms - sum(told[f"{step}_ms"] for step in STEPS) for measured_ms, told in waits]
    assert len(off) == len(SAID)
    assert all(abs(ms) <= EDGE_FRAMES * FRAME_MS for ms in off), off


def test_the_vendors_have_their_part_of_it(waits: list[tuple[int, dict[str, int]]]) -> None:
    told_late = [(step, told) for _, told in waits for step, delay_ms in DELAYS_MS.items() if told[f"{step}_ms"] < 0.9 * delay_ms]
    assert told_late == []

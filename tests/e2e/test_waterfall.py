"""The steps of a wait against the wire, and what the processes tell Prometheus: real processes, and a caller who measures on the socket."""

import statistics
import urllib.request
from dataclasses import dataclass
from typing import Any

import pytest

from common import metrics
from common.config import Settings
from gateway.waits import STEPS
from tests.e2e.gateway_process import RECORDINGS, free_port
from tests.e2e.house import SCRIPTED, WORKERS, house
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


@dataclass(frozen=True, slots=True)
class Called:
    """A call, from both ends."""

    call: str
    measured_ms: list[int]
    """How long the caller waited for each answer, by the socket."""
    told: list[dict[str, int]]
    """What the gateway says of each."""
    pages: dict[str, str]
    """What each process tells Prometheus."""


@pytest.fixture(params=["off", "full"], scope="module")
def called(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Called:
    """Three answers, without and with drafts."""
    port = 20_000 + free_port() % 10_000  # below those that systems give to connections
    environment = {"SPECULATE": request.param, "METRICS_PORT": str(port), **SCRIPTED, **VENDORS}
    with real_server() as server, house(tmp_path_factory.mktemp("house"), server.url, **environment) as running:
        heard = running.call(*(argument for name in SAID for argument in ("--wav", RECORDINGS / name)))
        running.await_told(heard["call"])
        pages = {service: _page(metrics.port_of(service, Settings(metrics_port=port))) for service in ("gateway", *WORKERS)}
        told = [_figures(event) for event in running.recorded(heard["call"]) if event["name"] == "WATERFALL"]
    return Called(heard["call"], [turn["voice_to_voice_ms"] for turn in heard["turns"] if turn["turn"]], told, pages)


def _page(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def _figures(event: dict[str, Any]) -> dict[str, int]:
    return {name: int(value) for name, value in event.items() if name.endswith("_ms")}


def test_the_steps_add_up_to_the_gap_that_the_caller_measured(called: Called) -> None:
    sums = [sum(told[f"{step}_ms"] for step in STEPS) for told in called.told]
    off = [measured - told for measured, told in zip(called.measured_ms, sums, strict=True)]
    assert (len(off), abs(statistics.median(off)) <= EDGE_FRAMES * FRAME_MS) == (len(SAID), True), off


def test_the_vendors_have_their_part_of_it(called: Called) -> None:
    short = [(step, told) for told in called.told for step, delay_ms in DELAYS_MS.items() if told[f"{step}_ms"] < 0.9 * delay_ms]
    assert short == []


@pytest.mark.parametrize(
    ("service", "metric"),
    [
        ("gateway", "torim_voice_to_voice_seconds_count"),
        ("gateway", "torim_endpointing_delay_seconds_count"),
        ("gateway", 'torim_stage_seconds_count{stage="llm"}'),
        ("gateway", 'torim_turns_total{how="replied"}'),
        ("asr_worker", 'torim_work_seconds_count{outcome="done",stage="asr"}'),
        ("llm_worker", "torim_first_token_seconds_count"),
        ("tts_worker", "torim_first_sound_seconds_count"),
        *((service, "torim_loop_lag_seconds_count") for service in ("gateway", *WORKERS)),
    ],
)
def test_each_process_tells_its_own_of_it(called: Called, service: str, metric: str) -> None:
    (value,) = [line.rpartition(" ")[2] for line in called.pages[service].splitlines() if line.startswith(f"{metric} ")]
    assert float(value) >= len(SAID)


def test_no_process_tells_which_call_it_was(called: Called) -> None:
    assert [service for service, page in called.pages.items() if called.call in page] == []

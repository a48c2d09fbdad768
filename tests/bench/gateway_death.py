"""A call that outlives its gateway: ``python -m tests.bench.gateway_death FOLDER`` (``make gateway-death``).

Real processes: Valkey, three workers, and two gateways that share a port. A caller asks something; while the bot
answers, the gateway that has the call is killed (kill -9), and a new one is started for the next call.

    caller  ____####________________________________________
    bot     ~~__________~~~~~~~|          ~~~~~~~~~~~~~~~~~~~
                            kill -9  gap  the other gateway answers

Twilio's part is played by ``tools.call``: its stream dies, it posts the ``action`` of the TwiML, and opens the stream that the answer
names. What Twilio itself takes to notice a dead peer comes on top. The gap is the silence on the bot's side of
the recording.

Calls are measured with a voice that needs no time; the recording and the picture of one more, with the local voice, are left
in the folder, and ``README.md`` with the figures.
"""

import os
import platform
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from common.audio import mulaw_to_pcm
from common.config import Settings
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import House, house
from tests.e2e.launched import await_true
from tests.e2e.placed import bot_side
from tests.servers import real_server
from tools.picture import draw

CALLS = 10
QUESTION = RECORDINGS / "short_en_hello.wav"
REPLY = "We are open from Sunday to Thursday, from nine in the morning to five. On Friday we close at one."
SCRIPTED = {"ASR_VENDOR": "scripted", "LLM_VENDOR": "scripted", "LANGUAGE": "en", "SCRIPTED_LLM_REPLY": REPLY, "GATEWAYS": "2"}
_SOONEST_S, _LATEST_S = 0.5, 2.0
"""How long the bot speaks when its gateway is killed, more or less."""
_FRAME_MS = 20
_AUDIBLE_RMS = 100
_STILL_SOUNDS_S = 0.6
"""More than a gateway sends ahead."""


@dataclass(frozen=True)
class Outlived:
    """A call whose gateway was killed."""

    wav: Path
    result: dict[str, Any]
    died_s: float
    """When the caller's stream closed, in seconds of the call."""
    again_s: float
    """When the next one was open."""
    gap_ms: int
    """Silence on the bot's side around it."""

    @property
    def reconnect_ms(self) -> int:
        """What the way to the other gateway took."""
        return round((self.again_s - self.died_s) * 1000)


@contextmanager
def two_gateways(voice: str) -> Iterator[House]:
    """A house whose gateways share a port."""
    chosen = SCRIPTED | {"TTS_VENDOR": voice, "TORIM_CACHE": str(Settings().torim_cache.expanduser())}
    with tempfile.TemporaryDirectory() as folder, real_server() as server, house(Path(folder), server.url, **chosen) as running:
        start_gateway(running, 4)
        yield running


def start_gateway(running: House, number: int) -> None:
    """One more, ready to have a call."""
    listening = running.logs.count("listening host=")
    running.start(number, "gateway")
    await_true(lambda: running.logs.count("listening host=") > listening)


def outlived(running: House, wav: Path, heard_s: float) -> Outlived:
    """Place a call, and kill its gateway when so much of the reply was said."""
    before = calls_of(running)
    with ThreadPoolExecutor(1) as pool:
        calling = pool.submit(running.call, "--wav", QUESTION, "--gap", "3", "--out", wav)
        await_true(lambda: calls_of(running) > before)
        (call,) = calls_of(running) - before
        await_true(lambda: re.search(rf"call={call} turn=1 STATE was=\S+ now=SPEAKING", running.logs) is not None)
        speaks_since_s = time.monotonic()
        await_true(lambda: time.monotonic() > speaks_since_s + heard_s)
        assert running.kill_one_that_said(f"call={call} turn=0 WS_START")
        return judged(wav, calling.result())


def calls_of(running: House) -> set[str]:
    """The calls that any gateway has had."""
    return set(re.findall(r"^EVENT call=(\S+) turn=0 WS_START", running.logs, re.MULTILINE))


def judged(wav: Path, result: dict[str, Any]) -> Outlived:
    """What the caller's side saw and heard."""
    told = result["timeline"]
    died, (_, again) = re.findall(r"([\d.]+)  bot    closed the stream", told), re.findall(r"([\d.]+)  line   connected to", told)
    return Outlived(wav, result, float(died[0]), float(again), gap_around(audible(bot_side(wav)), float(died[0])))


def audible(sound: bytes) -> list[float]:
    """When the bot's side is no silence, in seconds, frame by frame."""
    samples = np.frombuffer(mulaw_to_pcm(sound), "<i2").astype(float)
    frames = samples[: len(samples) // (8 * _FRAME_MS) * 8 * _FRAME_MS].reshape(-1, 8 * _FRAME_MS)
    return [float(number) * _FRAME_MS / 1000 for number in np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > _AUDIBLE_RMS)]


def gap_around(audible_s: Sequence[float], at_s: float) -> int:
    """The longest silence that begins about then, in ms: what was sent before still sounds for a moment, and speech has pauses."""
    pauses = [after - last for last, after in pairwise(audible_s) if abs(last - at_s) < _STILL_SOUNDS_S]
    assert pauses, f"nothing was heard any more after {at_s} s"
    return round(max(pauses) * 1000) - _FRAME_MS


def report(calls: Sequence[Outlived], spoken: Outlived) -> str:
    """What was measured, for people."""
    gaps, reconnects = sorted(call.gap_ms for call in calls), [call.reconnect_ms for call in calls]
    violations = sum(call.result["violations"] for call in (*calls, spoken))
    machine = f"{platform.machine()}, {os.cpu_count()} cores with a load of {os.getloadavg()[1]:.0f}"
    return f"""# A call that outlives its gateway

![The caller's and the bot's side of a call whose gateway is killed in mid-reply](call.svg)

[call.wav](call.wav) is that call, caller left, bot right: the greeting, a question, the beginning of the answer; the gateway
is killed (`kill -9`), and another one that shares its port answers from the start, without a second greeting. It was silent for
{spoken.gap_ms} ms: the local voice computes the first sentence anew.

With a voice that needs no time (`tone`), {len(calls)} calls whose gateway is killed {_SOONEST_S:g} to {_LATEST_S:g} s into the reply
were silent for {gaps[0]} ms at least, {statistics.median(gaps):.0f} at the median, {gaps[-1]} at worst; up to {max(reconnects)} ms of it
passed between the stream that died and the next one. Calls lost: 0 (one would end the run). Violations of Twilio's protocol: {violations}.

Measured on {datetime.now(UTC):%d %B %Y}, {machine}, Valkey, a scripted recogniser and model, by
`make gateway-death`. Twilio's part is played by `tools.call`, on the same machine: what Twilio itself takes to notice the dead
peer, and its way there and back, come on top.
"""


def measured(folder: Path) -> list[Outlived]:
    """Calls whose gateways are killed at different moments."""
    calls: list[Outlived] = []
    with two_gateways("tone") as running:
        for number in range(CALLS):
            heard_s = _SOONEST_S + (_LATEST_S - _SOONEST_S) * number / (CALLS - 1)
            calls.append(outlived(running, folder / "call.wav", heard_s))
            sys.stdout.write(f"{calls[-1].gap_ms} ms\n")
            start_gateway(running, 5 + number)
    return calls


def main(folder: Path) -> None:
    """Measure, and leave picture, sound and figures in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    calls = measured(folder)
    with two_gateways("local") as running:
        spoken = outlived(running, folder / "call.wav", _LATEST_S)
    death = f"kill -9; connected again after {spoken.reconnect_ms} ms, silent for {spoken.gap_ms} ms"
    (folder / "call.svg").write_text(draw(spoken.wav, spoken.result, [(spoken.died_s, death)]), encoding="utf-8")
    (folder / "README.md").write_text(report(calls, spoken), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

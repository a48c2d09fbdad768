"""What calls take of Redis: ``python -m tests.bench.redis_share [CALLS] [--docs]`` (20), in about a minute.

Real processes: Valkey with an append-only file, three workers, a gateway, and callers who ask a few questions each, all at once.
Memory is looked at ten times a second, beyond what the server needs with nobody on the line; what callers' sound and
replies take lies in the peak, and what is left when all calls are over in the last table, by the kind of key.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.kept import Bench, Kept
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.servers import real_server

CALLS, QUESTIONS = 20, 6
REPLY = "We are open from Sunday to Thursday, from nine in the morning to five. On Friday we close at one. That was turn {turn}."
_QUESTION = ["--wav", str(RECORDINGS / "short_en_hello.wav")]
_LOOK_S = 0.1
_CALLS_IN_TWO_HOURS, _CALLS_IN_TEN_MINUTES = 20_000, 1_700
"""Of 500 at a time, three minutes each."""
_FOR_HOURS, _PASSING = ("ev",), ("call", "hist", "out", "asked", "done", "tool", "agent")
"""Kinds of keys of a call: its events, and what was done and said. What else is left is of the house."""


@dataclass(frozen=True, slots=True)
class RedisShare:
    """What calls took."""

    calls: int
    answered: int
    """Of them, in full."""
    seconds: float
    peak_kb: float
    """A call's share of it."""
    left_kb: dict[str, float]
    """By kind of key, a call's share."""
    core: float
    """Share of a core that the server worked."""

    def kb(self, kinds: Sequence[str]) -> float:
        """What is left of these kinds, a call."""
        return sum(self.left_kb.get(kind, 0.0) for kind in kinds)


def used_bytes(running: House) -> int:
    """What the server's data and connections take."""
    return int(_told(running, "memory")["used_memory"])


def cpu_s(running: House) -> float:
    """What the server has computed so far."""
    told = _told(running, "cpu")
    return float(told["used_cpu_user"]) + float(told["used_cpu_sys"])


def _told(running: House, section: str) -> Mapping[str, Any]:
    told: Any = running.redis.info(section)
    return dict(told)


def left(running: House) -> Counter[str]:
    """Bytes by the kind of key."""
    of_kind = Counter[str]()
    for key in running.redis.scan_iter():
        bytes_: Any = running.redis.memory_usage(key)
        of_kind[key.decode().split(":")[2]] += bytes_ or 0
    return of_kind


def looks(running: House, calling: list["Future[dict[str, Any]]"]) -> Iterator[int]:
    """Memory, as long as there are calls."""
    while not all(call.done() for call in calling):
        time.sleep(_LOOK_S)
        yield used_bytes(running)


def measure(calls: int) -> RedisShare:
    """Place them."""
    with tempfile.TemporaryDirectory() as folder, real_server(durable=True, options=["--appendfsync", "everysec"]) as server:
        voice = SCRIPTED | {"SCRIPTED_LLM_REPLY": REPLY, "TONE_MS_PER_CHAR": "60"}
        with house(Path(folder), server.url, **voice) as running, ThreadPoolExecutor(calls) as pool:
            return _share(running, calls, pool)


def _share(running: House, calls: int, pool: ThreadPoolExecutor) -> RedisShare:
    idle_bytes, idle_cpu_s, began_s = used_bytes(running), cpu_s(running), time.monotonic()
    arguments = ["--no-greeting", "--expect", str(QUESTIONS), *QUESTIONS * _QUESTION]
    calling = [pool.submit(running.call, *arguments) for _ in range(calls)]
    peak_bytes = max(looks(running, calling)) - idle_bytes
    took_s, worked_s = time.monotonic() - began_s, cpu_s(running) - idle_cpu_s
    answered = sum(call.result()["code"] == 0 for call in calling)
    left_kb = {kind: round(bytes_ / calls / 1000, 2) for kind, bytes_ in left(running).most_common()}
    return RedisShare(calls, answered, round(took_s, 1), round(peak_bytes / calls / 1000, 1), left_kb, round(worked_s / took_s, 4))


def told(kept: Kept[RedisShare]) -> Iterator[str]:
    """A table, and what follows for many calls."""
    found = kept.found
    events_kb, passing_kb = found.kb(_FOR_HOURS), found.kb(_PASSING)
    yield f"| a call of {QUESTIONS} questions in {found.seconds:.0f} s | |"
    yield "|---|---|"
    yield f"| while it lasts, with the sound that is on its way | {found.peak_kb:.0f} kB |"
    yield f"| its events, for two hours | {events_kb:.0f} kB |"
    yield f"| what was done and said, for ten minutes | {passing_kb:.0f} kB |"
    yield f"| CPU, {found.calls} calls at once, the workers' idle polls included | {100 * found.core:.1f} % of a core |"
    yield ""
    mb = (500 * found.peak_kb + _CALLS_IN_TWO_HOURS * events_kb + _CALLS_IN_TEN_MINUTES * passing_kb) / 1000 + 16
    yield f"(`.venv/bin/python -m tests.bench.redis_share`, Valkey, {kept.where}, {found.answered} of {found.calls} calls answered in full;"
    yield "longer calls have more events, long sentences more sound: 8 kB a second.) So 500 calls at once of three minutes each want"
    yield (
        f"500 x {found.peak_kb:.0f} kB + {_CALLS_IN_TWO_HOURS:,} x {events_kb:.0f} kB + {_CALLS_IN_TEN_MINUTES:,} x {passing_kb:.0f} kB, "
        f"and 16 MB for `TTS_CACHE_MB`: {mb:.0f} MB."
    )


def figures(found: RedisShare) -> dict[str, float]:
    """What is compared."""
    kept_kb = {"events, kB a call": found.kb(_FOR_HOURS), "done and said, kB a call": found.kb(_PASSING)}
    return {"peak, kB a call": found.peak_kb, "share of a core": found.core} | kept_kb


BENCH = Bench("redis_share", Kept[RedisShare], told, figures)

if __name__ == "__main__":
    parser = BENCH.parser(__doc__)
    parser.add_argument("calls", nargs="?", type=int, default=CALLS)
    options = parser.parse_args()
    BENCH.report(lambda: measure(options.calls), options)

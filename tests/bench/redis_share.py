"""What calls take of Redis: ``python -m tests.bench.redis_share [CALLS]`` (20), in about a minute.

Real processes: Valkey with an append-only file, three workers, a gateway, and callers who ask a few questions each, all at once.
Memory is looked at ten times a second, beyond what the server needs with nobody on the line; what callers' sound and
replies take lies in the peak, and what is left when all calls are over in the last table, by the kind of key.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.servers import real_server

CALLS, QUESTIONS = 20, 6
REPLY = "We are open from Sunday to Thursday, from nine in the morning to five. On Friday we close at one. That was turn {turn}."
_QUESTION = ["--wav", str(RECORDINGS / "short_en_hello.wav")]
_LOOK_S = 0.1


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


def main(calls: int) -> None:
    """Place them, and tell."""
    with tempfile.TemporaryDirectory() as folder, real_server(durable=True, options=["--appendfsync", "everysec"]) as server:
        voice = SCRIPTED | {"SCRIPTED_LLM_REPLY": REPLY, "TONE_MS_PER_CHAR": "60"}
        with house(Path(folder), server.url, **voice) as running, ThreadPoolExecutor(calls) as pool:
            _tell(running, calls, pool)


def _tell(running: House, calls: int, pool: ThreadPoolExecutor) -> None:
    idle_bytes, idle_cpu_s, began_s = used_bytes(running), cpu_s(running), time.monotonic()
    arguments = ["--no-greeting", "--expect", str(QUESTIONS), *QUESTIONS * _QUESTION]
    calling = [pool.submit(running.call, *arguments) for _ in range(calls)]
    peak_bytes = max(looks(running, calling)) - idle_bytes
    took_s, worked_s = time.monotonic() - began_s, cpu_s(running) - idle_cpu_s
    whole = sum(call.result()["code"] == 0 for call in calling)
    sys.stdout.write(f"{calls} calls of {QUESTIONS} questions within {took_s:.0f} s, {whole} answered in full\n")
    sys.stdout.write(f"peak: {peak_bytes / calls / 1000:.1f} kB a call; CPU: {worked_s:.2f} s, {worked_s / took_s:.1%} of a core\n")
    for kind, bytes_ in left(running).most_common():
        sys.stdout.write(f"left: {kind:<8} {bytes_ / calls / 1000:6.1f} kB a call\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)

"""``python -m tests.bench.load.probe``: a timer on the gateway's core, to tell the machine's own stalls.

Every 5 ms it notes how late it woke up, if that is more than 2 ms: another program had the core, or the whole machine stood
still. A busy gateway alone does not hold it up for long, since the scheduler lets a sleeper go first. Ends when its
standard input does; then it writes pairs of (time, lateness) as JSON, by the clock that all processes share.
"""

import select
import sys
import time

import msgspec

PERIOD_S = 0.005
NOTED_S = 0.002


def watch() -> list[tuple[float, float]]:
    """The late moments, until standard input ends."""
    late: list[tuple[float, float]] = []
    due = time.monotonic()
    while True:
        due += PERIOD_S
        ready, _, _ = select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))
        if ready:
            return late
        lateness = (now := time.monotonic()) - due
        if lateness > NOTED_S:
            late.append((now, lateness))
            due = now


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(watch()))

"""What a gateway says of itself on ``/metrics``: how late its clock ticks, and whether it takes its workers to be behind."""

import asyncio
import re
from math import inf

from tests.bench.load.servers import Server

_BUCKET = re.compile(r'^torim_tick_lateness_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)
_LOAD_LEVEL = re.compile(r"^torim_load_level (\S+)$", re.MULTILINE)


async def scrape(server: Server) -> str:
    """All of it; of a server that tells none, nothing."""
    if not server.metrics_port:
        return ""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.metrics_port)  # a client of httpx costs callers 20 ms
    writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
    told = await reader.read()
    writer.close()
    return told.decode()


def ticks(metrics: str) -> dict[float, float]:
    """Ticks of the gateway's clock that were no later than so many seconds."""
    return {float(bound): float(count) for bound, count in _BUCKET.findall(metrics)}


def load_level(metrics: str) -> int | None:
    """0 calm, 1 workers are behind: no drafts, 2 new calls are refused."""
    found = _LOAD_LEVEL.search(metrics)
    return int(float(found[1])) if found else None


def quantiles(buckets: dict[float, float]) -> dict[str, float]:
    """Upper bounds in ms of the buckets that p50, p99 and the largest lie in; of the last one, which has none, its lower bound."""
    total, last = max(buckets.values(), default=0.0), max((bound for bound in buckets if bound < inf), default=inf)
    wanted = {"p50": 0.5, "p99": 0.99, "largest": 1.0} if total else {}
    bounds = {name: next(b for b, n in sorted(buckets.items()) if n >= share * total) for name, share in wanted.items()}
    return {name: round(1000 * min(bound, last), 1) for name, bound in bounds.items()}

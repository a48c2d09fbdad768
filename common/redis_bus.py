"""The bus over Redis Streams: ``RedisGatewayBus`` and ``RedisWorkerBus``.

Keys and theory stand in ``common/streams.py``, connections and deadlines in ``common/redis_link.py``,
each atomic step in ``common/scripts/*.lua``; how a worker gets its work in ``common/redis_consumer.py``,
what a gateway keeps on the server in ``common/redis_presence.py``.

What makes it survive a restart of Redis:

- A gateway remembers what it wrote for each of its calls. Every publication asks in the same round
  trip whether the server still knows this gateway (``boot``); if it does not, the stream for replies
  and the calls' hashes are written anew and the message is published again.
- Each publication also says that its gateway lives. A worker drops what is for a gateway that does not, or
  whose stream for replies is gone, but not on a server without ``boot``: nobody has come back to it yet.
- A worker whose read failed may own an entry that never reached it: it looks through what is
  pending under its own name before it reads on.
- A group that is gone is made anew from the beginning of its stream.

A takeover asks XPENDING and then XCLAIMs, where XAUTOCLAIM would be one command: XPENDING tells how
often the entry was delivered, finds the idle one behind any number of live ones, and XCLAIM never
moves an entry that somebody renewed in between.
"""

from common.redis_gateway_bus import RedisGatewayBus
from common.redis_worker_bus import RedisWorkerBus

__all__ = ["RedisGatewayBus", "RedisWorkerBus"]

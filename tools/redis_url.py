"""``REDIS_URL``, tried once before anything is started: a wrong one is told in one line, without its password."""

import threading
import time

import redis

from common.errors import ConfigError
from common.redis_link import TAKES
from common.redis_shards import connect_blocking, is_cluster
from tools.end import End

_ANSWER_LIMIT_S = 3.0
_LIMIT_S = 5.0
"""Names are looked up with no deadline of their own."""
_TICK_S = 0.02


def check(url: str, end: End) -> None:
    """Returns once the server answered.

    Raises:
        ConfigError: the URL is none, or nobody answers there.
        AskedToEnd: somebody asked meanwhile.
    """
    faults: list[str] = []
    asking = threading.Thread(target=lambda: faults.append(_fault(url)), daemon=True)
    asking.start()
    limit = time.monotonic() + _LIMIT_S
    while asking.is_alive() and time.monotonic() < limit:
        end.wait(_TICK_S)
    fault = faults[0] if faults else f"no answer within {_LIMIT_S:g} s"
    if fault:
        raise ConfigError(f"REDIS_URL={masked(url)}: {fault}")


def masked(url: str) -> str:
    """The URL as it may be shown: without name, password and options."""
    scheme, separator, rest = url.partition("?")[0].rpartition("://")
    hidden, at, where = rest.rpartition("@")
    return f"{scheme}{separator}{'***' if hidden else ''}{at}{where}"


def _fault(url: str) -> str:
    """What is wrong; empty: nothing."""
    try:
        with connect_blocking(url, _ANSWER_LIMIT_S) as client:
            clustered = bool(client.info("cluster").get("cluster_enabled")) if not is_cluster(url) else bool(client.ping())
    except (ValueError, TypeError):  # of an option that there is not the client says TypeError
        return f"takes {TAKES}"
    except redis.exceptions.BusyLoadingError:
        return ""  # it is there, and will answer
    except (redis.RedisError, redis.exceptions.RedisClusterException, OSError) as error:
        return f"no Redis answers there ({error})"
    return "" if clustered is is_cluster(url) else "that is a node of a cluster: takes redis+cluster://host:port,host:port"

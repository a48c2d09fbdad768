"""``REDIS_URL``, tried once before anything is started: a wrong one is told in one line, without its password."""

import threading
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from common.errors import ConfigError
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
        client = redis.Redis.from_url(
            url, socket_timeout=_ANSWER_LIMIT_S, socket_connect_timeout=_ANSWER_LIMIT_S, retry=Retry(NoBackoff(), 0), protocol=2
        )
        with client:
            client.ping()
    except (ValueError, TypeError):  # of an option that there is not the client says TypeError
        return "takes redis://[:password@]host:port[/db], rediss://... or unix:///path"
    except redis.exceptions.BusyLoadingError:
        return ""  # it is there, and will answer
    except (redis.RedisError, OSError) as error:
        return f"no Redis answers there ({error})"
    return ""

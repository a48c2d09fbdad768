"""Debian's Redis for tests."""

from pathlib import Path

from tests import debian


def redis_command(cache: Path) -> list[str]:
    """What starts it, without arguments.

    Raises:
        RuntimeError: it is not there and cannot be fetched; says what to type.
    """
    return debian.command("redis-server", "redis-server", cache, "debian-redis")

"""The port that the gateway is reached at: whether it may stand open as it does, and the socket that listens."""

import errno
import ipaddress
import logging
import socket
from urllib.parse import urlsplit

from common.config import Settings
from common.errors import ConfigError

logger = logging.getLogger("torim.gateway")


def check_exposure(settings: Settings) -> None:
    """Refuse a front door that stands open to the world by oversight.

    Raises:
        ConfigError: naming the variable to set.
    """
    if settings.twilio_auth_token or settings.twilio_auth_token_2:
        if urlsplit(settings.public_url).scheme not in {"http", "https"} or not urlsplit(settings.public_url).hostname:
            raise ConfigError(
                f"PUBLIC_URL={settings.public_url!r}: with TWILIO_AUTH_TOKEN it takes the URL that Twilio calls, https://..., "
                "since signatures are computed over it"
            )
    elif not _is_loopback(settings.publish or settings.host) and not settings.allow_unsigned:
        variable = f"PUBLISH={settings.publish}" if settings.publish else f"HOST={settings.host}"
        raise ConfigError(
            f"{variable}: open to other machines, but calls could not be told from forgeries; "
            "set TWILIO_AUTH_TOKEN and PUBLIC_URL, or ALLOW_UNSIGNED=1 if that is meant"
        )
    else:
        logger.warning(
            "signatures=off host=%s: everybody who reaches this port can place calls; TWILIO_AUTH_TOKEN switches them on", settings.host
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that listens; ``shared``: beside those of other processes that share the port, too.

    Raises:
        ConfigError: naming HOST or PORT and what is wrong with it.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise ConfigError(f"HOST={host}: no such address ({error.strerror})") from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise ConfigError(_why_no_socket(host, port, error)) from None
    listener.setblocking(False)
    return listener


def _why_no_socket(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"PORT={port}: taken by another program on {host}; end it, or choose another port"
        case errno.EACCES:
            return f"PORT={port}: not allowed for this user; choose one above 1023"
        case _:
            return f"HOST={host} PORT={port}: {error.strerror}"

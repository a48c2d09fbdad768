"""What a gateway of this machine says of itself."""

import http.client
import json

from common.config import Settings

_HTTP_LIMIT_S = 2.0


def answer_of_a_gateway(settings: Settings) -> tuple[str, int]:
    """What ``/readyz`` misses (empty: nothing), and which process said so."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=_HTTP_LIMIT_S)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = json.loads(answer.read())
        return "" if answer.status == http.HTTPStatus.OK else str(body["reason"]), int(body["process"])
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return "the gateway does not answer yet", 0
    finally:
        connection.close()

"""Redis and a cluster over TLS, with an authority of our own: believed, or told why not."""

from collections.abc import Iterator

import pytest

from common.config import Settings
from common.errors import BusUnavailable, ConfigError
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from common.redis_link import connect, once
from common.redis_shards import Servers, connect_blocking
from tests.authority import ELSEWHERE, HERE, Secured, secured
from tests.cluster import Cluster, cluster
from tests.contract.house import CALL, GATEWAY, STREAM, next_reply, to_gateway, transcript, until, utterance
from tests.debian_redis import redis_command
from tests.e2e.gateway_process import free_port
from tests.servers import real_server
from tools import redis_url
from tools.end import End

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def command(speech_settings: Settings) -> list[str]:
    """What starts a server that knows TLS."""
    return redis_command(speech_settings.torim_cache)


@pytest.fixture(scope="module")
def believed(tmp_path_factory: pytest.TempPathFactory, command: list[str]) -> Secured:
    """An authority that signed for this machine's loopback."""
    return secured(tmp_path_factory.mktemp("tls") / "believed", command, HERE)


@pytest.fixture(scope="module")
def alone(believed: Secured) -> Iterator[str]:
    """A server's address, without what there is to trust."""
    yield from served(believed)


@pytest.fixture(scope="module")
def misnamed(tmp_path_factory: pytest.TempPathFactory, command: list[str]) -> Iterator[str]:
    """The whole URL of a server whose certificate is another's."""
    over = secured(tmp_path_factory.mktemp("tls") / "misnamed", command, ELSEWHERE)
    for url in served(over):
        yield f"{url}{over.trust}"


@pytest.fixture(scope="module")
def nodes(believed: Secured) -> Iterator[Cluster]:
    """A cluster that speaks TLS alone, among its nodes, too."""
    with cluster(believed) as made:
        yield made


def served(over: Secured) -> Iterator[str]:
    port = free_port()
    with real_server(command=over.command, options=over.options(port)):
        yield f"rediss://127.0.0.1:{port}"


async def turn(url: str) -> object:
    """What the gateway hears of an utterance that a worker transcribed."""
    gateway, worker = RedisGatewayBus(url), RedisWorkerBus(url)
    try:
        await gateway.take_call(CALL, GATEWAY, STREAM, "en")
        await gateway.publish("asr", utterance())
        shard = next(number for number in range(worker.shards) if worker._keys.tags[number] == worker._keys.tag(CALL))
        delivery = await until(lambda: worker.take("asr", "one", shard))
        replies = gateway.replies(GATEWAY, shard)
        await worker.commit("asr", delivery, [to_gateway(transcript())])
        return (await next_reply(replies)).message
    finally:
        await worker.close()
        await gateway.close()


async def trouble(url: str) -> str:
    """What the log is told of a server that is not believed."""
    link = Servers(url).links(1.0)[0]
    try:
        with pytest.raises(BusUnavailable) as told:
            await once(link.writer.ping)
    finally:
        await link.close()
    return str(told.value)


# Believed


async def test_a_turn_goes_over_tls(alone: str, believed: Secured) -> None:
    assert await turn(f"{alone}{believed.trust}") == transcript()


async def test_a_turn_goes_over_a_cluster_with_tls(nodes: Cluster) -> None:
    assert await turn(nodes.url) == transcript()


def test_what_asks_once_finds_a_cluster_with_tls(nodes: Cluster) -> None:
    with connect_blocking(nodes.url, 2.0) as client:
        assert client.ping()


# Not believed


async def test_a_certificate_of_another_authority_is_told(alone: str) -> None:
    assert await trouble(alone) == "SSLCertVerificationError(self-signed_certificate_in_certificate_chain)"


async def test_a_certificate_of_another_server_is_told(misnamed: str) -> None:
    assert "certificate_is_not_valid_for_'127.0.0.1'" in await trouble(misnamed)


async def test_a_certificate_of_a_cluster_that_is_not_believed_is_told(nodes: Cluster) -> None:
    assert "self-signed" in await trouble(nodes.url.partition("?")[0])


@pytest.mark.parametrize("scheme", ["rediss", "rediss+cluster"])
def test_what_starts_torim_says_why_a_certificate_is_not_believed(nodes: Cluster, end: End, scheme: str) -> None:
    with pytest.raises(ConfigError, match="self-signed certificate"):
        redis_url.check(f"{scheme}://127.0.0.1:{nodes.masters[0].port}", end)


def test_an_option_that_there_is_not_is_told() -> None:
    with pytest.raises(ConfigError, match="REDIS_URL: takes"):
        connect("rediss://127.0.0.1?ssl_ca_cert=ca.pem", 1.0, 1)

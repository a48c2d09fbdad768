"""One server with a stream of work on it, for tests of single scripts: what workers and a gateway do, in Redis' own words."""

from collections.abc import Sequence
from typing import Any

import redis

from common.redis_link import script_texts

WORK, NEXT, RX = "t:{s0}:llm", "t:{s0}:tts", "t:{s0}:rx:g"
TRANSFER = "t:{s0}:transfer:c"
CALL, HISTORY, OUT, DONE, DEAD = "t:{s0}:call:c", "t:{s0}:hist:c", "t:{s0}:out:c:1", "t:{s0}:done:c:1:llm:0", "t:{s0}:dlq:llm"
BOOT, TOOL, AGAIN, ASKED, FOUND = "t:{s0}:boot", "t:{s0}:tool:c:book", "t:{s0}:again:c", "t:{s0}:asked:c:1", "t:{s0}:found:c:1"
SETTLING_MS = 2_000
TO_NEXT, TO_RX = [0, 100, "said", ""], [1, 100, "said", ""]
"""What an output takes: whether its stream must be there, its fuse, message, sound."""


class Bench:
    """An empty server with the gateway's stream for replies, and a group that reads the work."""

    def __init__(self, client: redis.Redis) -> None:
        self.redis = client
        self._scripts = {name: client.register_script(text) for name, text in script_texts().items()}
        client.flushall()
        client.xadd(RX, {"born": "1"})
        client.set(BOOT, "1:long ago")
        client.xgroup_create(WORK, "w", id="0", mkstream=True)

    def run(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """The script's answer."""
        return self._scripts[script](keys=list(keys), args=list(args))

    # An entry, from its reader to its end

    def read(self, worker: str = "one") -> bytes:
        """Put an entry on the stream and have a worker read it; its id."""
        self.redis.xadd(WORK, {"m": "work"})
        answer: Any = self.redis.xreadgroup("w", worker, {WORK: ">"}, count=1)
        return bytes(answer[0][1][0][0])

    def take_over(self, id_: bytes, worker: str = "two") -> None:
        """Make a worker the owner of an entry, as after a silence."""
        self.redis.xclaim(WORK, "w", worker, 0, [id_])

    def owner(self, id_: bytes) -> tuple[str, int] | None:
        """Who has an entry, and how often it was delivered; None if nobody has."""
        found: Any = self.redis.xpending_range(WORK, "w", id_, id_, 1)
        return (found[0]["consumer"].decode(), found[0]["times_delivered"]) if found else None

    def commit(
        self,
        id_: bytes,
        worker: str = "one",
        turn: int = 1,
        *,
        by_turn: int = 1,
        reply: Sequence[str] | None = None,
        asked: str = "",
        sound: bytes = b"",
    ) -> Any:
        """Finish an entry with one output to the next stage and one to the gateway; ``reply``: the sentences, if it ends one."""
        said = [""] if reply is None else [len(reply), *reply]
        args = [id_, worker, turn, by_turn, 600, asked, *said, SETTLING_MS, *TO_NEXT, *TO_RX[:-1], sound]
        return self.run("commit", [WORK, CALL, DONE, OUT, ASKED, NEXT, RX, BOOT], args)

    def emit(self, *sentences: str, turn: int = 1, id_: bytes = b"", worker: str = "one", asked: str = "") -> Any:
        """Send the last of these sentences of a reply out; without an ``id_`` of an entry that was read for it."""
        said = [len(sentences), *sentences]
        args = [id_ or self.read(worker), worker, turn, asked, 600, *said, SETTLING_MS, *TO_NEXT, *TO_RX]
        return self.run("emit", [WORK, CALL, OUT, ASKED, DONE, NEXT, RX, BOOT], args)

    def drop(self, id_: bytes, worker: str = "one") -> Any:
        """End an entry that nothing comes of."""
        return self.run("drop", [WORK], [id_, worker])

    def fail(self, id_: bytes, worker: str = "one", turn: int = 1, *, by_turn: int = 1) -> Any:
        """Give an entry up."""
        args = [id_, worker, turn, by_turn, 600, 86_400, 100, "timeout", "m", SETTLING_MS, *TO_RX]
        return self.run("fail", [WORK, CALL, DONE, DEAD, RX, BOOT], args)

    def hand_back(self, id_: bytes, worker: str = "one", *, counts: bool = False) -> Any:
        """Let anybody have an entry."""
        return self.run("hand_back", [WORK], [worker, int(counts), id_])

    def renew(self, id_: bytes, worker: str = "one", turn: int = 1, *, by_turn: int = 1) -> bytes:
        """Say that an entry is worked on."""
        answer: list[bytes] = self.run("renew", [WORK, CALL], [worker, id_, turn, by_turn])
        return answer[0]

    # The gateway

    def call(self, **fields: str | int) -> None:
        """Set fields of the call's hash."""
        for name, value in fields.items():
            self.redis.hset(CALL, name, value)

    def call_field(self, name: str) -> str | None:
        """A field of the call's hash."""
        found: Any = self.redis.hget(CALL, name)
        return None if found is None else found.decode()

    def close_turn(
        self, turn: int, fence: int = 1, *, caller: str = "", heard: str = "", cut: str = "", next_is_open: bool = False, collect: str = ""
    ) -> Any:
        """End a turn."""
        args = [fence, turn, 7200, f"{turn}u", caller, f"{turn}s", heard, "turns", f"c:{turn}:over", f"{turn}c", cut, int(next_is_open)]
        return self.run("close_turn", [CALL, HISTORY], [*args, collect])

    def take_call(self, stream: str, owner: str = "g", turn: int = 0) -> list[bytes]:
        """Make a stream the call's owner."""
        answer: list[bytes] = self.run("take_call", [CALL, HISTORY, TRANSFER], [stream, owner, "en", turn, 7200, "turns", "c"])
        return answer

    def go_on(self, *sentences: str, turn: int = 1, fence: int = 1, asked: str = "") -> Any:
        """Have somebody go on with a reply behind these sentences, and what was asked for with them."""
        return self.run("go_on", [WORK, CALL, OUT, ASKED, DONE], [fence, turn, 600, 100, "work", asked, *sentences])

    def lose_the_gateway(self, boot_ms_ago: int | None) -> None:
        """The server forgot everything, and the first gateway came back so long ago; the one that is written to did not."""
        self.redis.delete(RX, BOOT)
        if boot_ms_ago is not None:
            seconds, micros = self.redis.time()
            self.redis.set(BOOT, f"{seconds * 1000 + micros // 1000 - boot_ms_ago}:a")

    # What is there

    def out(self) -> list[str]:
        """The sentences of the reply that are out."""
        found: Any = self.redis.lrange(OUT, 0, -1)
        return [each.decode() for each in found]

    def sent(self) -> tuple[int, int]:
        """How many messages went to the next stage, and how many to the gateway."""
        return int(self.redis.xlen(NEXT)), int(self.redis.xlen(RX)) - 1

    def left(self) -> int:
        """How many entries are on the stream of work."""
        return int(self.redis.xlen(WORK))

"""Every key, group, limit and time of the pipeline in Redis, on one screen.

Theory. A stream delivers at least once: an entry stays pending with its worker until it is
acknowledged, and one whose worker fell silent is taken over by another. The *commit* makes
that exactly once: one script acknowledges the entry, checks that its turn is not raised past,
takes the piece's ``done`` key and sends the result on. Whoever comes second finds the entry
acknowledged or the key taken, and sends nothing. So a piece may be worked on twice, by a
retried write, a slow worker that was given up, or a gateway that publishes again after a
restart, and is still heard once.

The first commit counts, whoever makes it, so what went out before must fit any. The sentences of
a reply are kept (``out``), with what is asked for (``asked``): who has other ones says no more,
and who is not the furthest does not end it. The sound of a sentence has its end with it: each attempt's is whole, the gateway
keeps one, and the commit sends nothing.

A piece is (call, turn, stage, piece): the utterance's kind and number for ASR, the sentence
and its take for TTS; a turn has one reply, so for the LLM it is always 0.

An entry is stale when its call's turn is higher than its own. A missing call is not stale
(Redis forgot it, the gateway writes it anew), and segments and probes are never stale by turn:
they belong to their utterance (R4, R6). All that is left of a call that is over is stale.

All keys of one call carry the tag of its shard, so that each script stays in one slot of a cluster.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from zlib import crc32

from common.messages import Message, Sentence, Stage, Utterance

STAGES: tuple[Stage, ...] = ("asr", "llm", "tts")
CLUSTER_SHARDS = 16
"""So that the keys spread over the nodes of a cluster; a server alone has one shard. Each shard has readers of its own."""

ONE_TAG = "{s0}"
"""The tag of the first shard, the only one of a server alone. What is nobody's call is in it, too."""

LAST_TURN = 999_999_999
"""Stands for every turn of a call that is over."""

GROUP = "w"
"""The consumer group of every stage's stream."""

ATTEMPTS: dict[Stage, int] = {"asr": 3, "llm": 2, "tts": 3}
"""Deliveries of one entry before it fails."""

_TURN = re.compile(rb"\d+")

# How long keys live without being touched, seconds.
CALL_TTL_S = 7_200
CLOSED_CALL_TTL_S = 60
EVENTS_TTL_S = 7_200
DONE_TTL_S = 600
OUT_TTL_S = 600
FOUND_TTL_S = 60
TOOL_TTL_S = CALL_TTL_S
DEAD_TTL_S = 86_400
REPLIES_TTL_S = 60
ALIVE_TTL_S = 5
TOKEN_TTL_S = 120
SPEECH_TTL_S = 86_400
SPENT_TTL_S = 172_800

TRANSFER_TTL_S = 60
"""Twilio asks what becomes of a call as soon as its stream has ended."""
MOST_RECONNECTS, RECONNECTS_TTL_S = 3, 60
"""A call whose stream dies more often than this, in so many seconds, is ended (R12)."""

# Fuses: trimming a work stream drops work, so the gateway warns at half of it.
WORK_MAXLEN = 10_000
REPLIES_MAXLEN = 20_000
EVENTS_MAXLEN = 5_000
DEAD_MAXLEN = 1_000

MOST_SPENDERS = 100_000
"""Names in a day's sums: with more callers than that, the last ones have no sum of their own."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a bus waits. Tests on fakeredis, whose blocking reads are broken, poll."""

    block_ms: int = 250
    """How long a read waits for an entry; also how long a drain may find the reader busy."""
    min_idle_ms: int = 1_000
    """Silence after which a worker's entry may be taken over; over three renewals."""
    slow_ms: int = 300
    """An answer that takes longer tells nothing of who is silent."""
    slowest_ms: int = 1_000
    """Where only longer silences count, an answer may take so long."""
    settling_ms: int = 2_000
    """How long a gateway may take to come back to a server that forgot everything; until then a missing one is not gone."""
    poll_ms: int | None = None
    """None: reads block in the server. Else they don't, and an empty one is followed by this pause."""


def work(tag: str, stage: Stage) -> str:
    """Stream: entries for a stage, group ``w``."""
    return f"t:{tag}:{stage}"


def replies(tag: str, gateway: str) -> str:
    """Stream without a group: what workers send to the gateway process that owns a call."""
    return f"t:{tag}:rx:{gateway}"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of calls, spread over so many shards by the call's id. All processes of a house have the same number of them."""

    shards: int = 1

    @property
    def tags(self) -> list[str]:
        """One a shard, in order."""
        return [f"{{s{shard}}}" for shard in range(self.shards)]

    def shard(self, call: str) -> int:
        """The shard of a call."""
        return crc32(call.encode()) % self.shards

    def tag(self, call: str) -> str:
        """What puts all keys of a call into one slot."""
        return f"{{s{self.shard(call)}}}"

    def call_hash(self, call: str) -> str:
        """Hash of a call and of who owns it; ``over`` once it is.

        ``fence`` rises with each stream that takes the call, and ``left`` is the turn that it left unfinished; ``open`` is the last turn
        in which the caller waits for an answer, ``said`` the last that was committed, ``text`` its words until it ends,
        ``collect`` the keys that were asked for when the last one ended.
        """
        return f"t:{self.tag(call)}:call:{call}"

    def history(self, call: str) -> str:
        """Hash: ``000017u`` what the caller said in turn 17, ``000017s`` what was heard of the bot, ``000017c`` that
        this is not all, since the caller cut in, ``000017t:<id>`` a tool's run."""
        return f"t:{self.tag(call)}:hist:{call}"

    def token(self, call: str, token: str) -> str:
        """String: a stream token of the call was used; by whom, a random word, tells a second try from a second use."""
        return f"t:{self.tag(call)}:tok:{call}:{token}"

    def reconnects(self, call: str) -> str:
        """List: when the call was connected again, in the server's seconds."""
        return f"t:{self.tag(call)}:again:{call}"

    def transfer(self, call: str) -> str:
        """String: where the call goes when its stream has ended; who asks deletes it, and so does the call's next stream."""
        return f"t:{self.tag(call)}:transfer:{call}"

    def agent(self, call: str, reference: str) -> str:
        """String: an agent as the calls of this shard go by it; its reference holds a digest, so it never changes."""
        return f"t:{self.tag(call)}:agent:{reference}"

    def speech(self, digest: str) -> list[str]:
        """Sentences that were spoken before: hash of the sounds, sorted set of when each was used, string: bytes of all."""
        return [f"t:{self.tag(digest)}:speech{what}" for what in ("", ":used", ":bytes")]

    def out(self, call: str, turn: int) -> str:
        """List: sentences of the reply that are emitted; a second attempt goes on after them."""
        return f"t:{self.tag(call)}:out:{call}:{turn}"

    def asked(self, call: str, turn: int) -> str:
        """String: the actions that the reply asked for with the sentences that are emitted; a second attempt carries them on."""
        return f"t:{self.tag(call)}:asked:{call}:{turn}"

    def found(self, call: str, turn: int) -> str:
        """Hash: what look-ups for the reply found, by tool and arguments; a second attempt need not look again."""
        return f"t:{self.tag(call)}:found:{call}:{turn}"

    def tool(self, call: str, name: str, arguments: str) -> str:
        """String: this tool was started; the history's field that tells of it. A digest stands in for arguments, which are personal."""
        return f"t:{self.tag(call)}:tool:{call}:{name}:{digest(arguments)}"

    def looked(self, call: str, name: str) -> str:
        """Set: digests of the arguments with which this tool without effects was used, where the agent's file says how often it may be."""
        return f"t:{self.tag(call)}:looked:{call}:{name}"

    def done(self, stage: Stage, message: Message) -> str:
        """String, set once: this piece is finished."""
        call = message.head.call
        return f"t:{self.tag(call)}:done:{call}:{message.head.turn}:{stage}:{piece(message)}"

    def events(self, call: str) -> str:
        """Stream: what happened in the call, without texts."""
        return f"t:{self.tag(call)}:ev:{call}"


ALONE = Keys()
"""Those of a server that is no cluster."""


def digest(arguments: str) -> str:
    """Stands in for arguments, which are personal."""
    return sha256(arguments.encode()).hexdigest()[:32]


def piece(message: Message) -> str:
    """What tells a piece from the others of its turn and stage: ``5w0`` whole utterance 5, ``2.1`` second take of sentence 2."""
    head = message.head
    match message:
        case Utterance():
            return f"{message.utterance}{message.piece[0]}{head.seq}"
        case Sentence():
            return f"{head.seq}.{head.take}"
        case _:
            return "0"


def stale_by_turn(message: Message) -> bool:
    """Whether raising the turn makes this void."""
    return not (isinstance(message, Utterance) and message.piece != "whole")


def dead_letters(tag: str, stage: Stage) -> str:
    """Stream: entries that no attempt could finish, with the error, without audio and words."""
    return f"t:{tag}:dlq:{stage}"


def spent(day: str) -> str:
    """Hash: what was spent on a day (``2026-11-23``), in millionths of a dollar: ``all``, ``agent:<key>``, ``caller:<keyed digest>``."""
    return f"t:{ONE_TAG}:spent:{day}"


def turns(tag: str) -> str:
    """Pub/sub channel: ``call:turn:committed`` and ``call:turn:over``."""
    return f"t:{tag}:turns"


def boot(tag: str) -> str:
    """String: since when the server knows a gateway (in its ms), and a random part; gone or changed when it forgot everything."""
    return f"t:{tag}:boot"


def comes_before(one: bytes, other: bytes) -> bool:
    """Whether an entry's id is lower than another's."""
    first, second = ([int(part) for part in id_.split(b"-")] for id_ in (one, other))
    return first < second


def worker_alive(worker: str) -> str:
    """String: ``stage load`` of a worker that lives."""
    return f"t:{ONE_TAG}:w:{worker}"


def gateway_alive(tag: str, gateway: str) -> str:
    """String: a gateway that lives; of each shard, since whoever asks needs the shard's other keys, too."""
    return f"t:{tag}:gw:{gateway}"


def published_s(id_: str) -> float:
    """When an entry was added, by the server's clock: its id says so."""
    return int(id_.partition("-")[0]) / 1000


def turn_field(turn: int, what: str) -> str:
    """Field of the history: ``u`` caller, ``s`` heard, ``c`` cut, ``t:<id>`` a tool's run."""
    return f"{turn:06}{what}"


def turn_of(field: bytes) -> int:
    """The turn that a field of the history tells of."""
    found = _TURN.match(field)
    assert found is not None, "every field begins with its turn"
    return int(found[0])

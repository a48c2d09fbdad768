"""What the chunks of a chat completion's stream add up to, and how it ended (sans-I/O).

    stop, tool_calls, function_call    whole
    content_filter                     the server took the rest away: the request fails, and the same would be taken away again
    length                             it was cut at its most tokens: the request fails; another attempt goes on behind what was said
    none                               the stream broke off: the server failed
    any other                          servers have words of their own for what went wrong (abort, error, SAFETY): the server failed

Of an answer that failed no call is made: its arguments may be half ones. Its whole sentences are out by then. What a model says in refusing
is said like anything else.

A call of a tool streams in pieces: its id and name in the first, its arguments in all of them, several calls told
apart by their index. Some servers send each call whole, and all of them at index 0; a new id begins a new call.
A long note takes many seconds of that, in which nothing can be said: each piece of it is a sign of life, as is each of a thought.
"""

import re
from dataclasses import dataclass

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaToolCall

from common.errors import VendorError
from common.lineup import LIMIT_S
from common.openai_client import VENDOR
from common.vendor_stream import Working
from llm_worker.vendors.base import ToolCall

_WHOLE = ("stop", "tool_calls", "function_call")
_OF_REQUEST = ("content_filter", "length")
_THOUGHT = ("reasoning_content", "reasoning")
"""Where servers put a thought that they tell from the answer: DeepSeek and llama.cpp; Ollama, OpenRouter and vLLM."""
_NOTHING = ChoiceDelta()
_HALF_A_LETTER = re.compile("[\ud800-\udfff]")
"""Of an emoji: JSON can write one as two halves, which a server may send apart."""
CALL_S = 15.0
"""For what a reply calls: 600 tokens of arguments at 40 a second."""


class Answer:
    """What the chunks of a stream add up to."""

    def __init__(self) -> None:
        self._ending = ""
        """What the model said of its end: a stream may end without."""
        self._calls: list[_Streamed] = []

    def check(self) -> None:
        """See that it is whole, now that the stream is over.

        Raises:
            VendorError: it is not.
        """
        if self._ending in _OF_REQUEST:
            raise VendorError(VENDOR, self._ending, retryable=self._ending != "content_filter", blame="request")
        if self._ending not in _WHOLE:
            raise VendorError(VENDOR, "bad_ending" if self._ending else "half_stream", retryable=True)

    @property
    def calls(self) -> list[ToolCall]:
        """The tools that it calls, in order."""
        return [ToolCall(call.id or f"call_{number}", call.name, call.arguments) for number, call in enumerate(self._calls) if call.name]

    def take(self, chunk: ChatCompletionChunk) -> str:
        """The text of a chunk; a chunk with neither text nor tool tells usage, or the role."""
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self._ending = choice.finish_reason or self._ending
        for piece in _delta(chunk).tool_calls or []:
            self._take_call(piece)
        return text_of(chunk)

    def work_of(self, chunk: ChatCompletionChunk) -> Working | None:
        """What a chunk without words tells: that a call is being written, or that the model thinks; None: neither."""
        if not chunk.choices:
            return None
        delta = _delta(chunk)
        if delta.tool_calls:
            return Working(CALL_S, on=self._calls[-1].name)
        return Working(LIMIT_S) if delta.content or _thought_of(delta) else None

    def _take_call(self, piece: ChoiceDeltaToolCall) -> None:
        call = next((call for call in reversed(self._calls) if call.index == piece.index), None)
        if call is None or (piece.id and piece.id != call.id):
            call = _Streamed(piece.index, piece.id or "")
            self._calls.append(call)
        if piece.function is not None:
            call.name = call.name or piece.function.name or ""
            call.arguments += piece.function.arguments or ""


@dataclass(slots=True)
class _Streamed:
    """A call as its pieces come in."""

    index: int
    id: str
    name: str = ""
    arguments: str = ""


def text_of(chunk: ChatCompletionChunk) -> str:
    """What is said in a chunk that has choices, a refusal, too; without halves of a letter, which no message can hold."""
    delta = _delta(chunk)
    return _HALF_A_LETTER.sub("", (delta.content or "") + (delta.refusal or ""))


def written_in(chunk: ChatCompletionChunk) -> str:
    """All that the model wrote in a chunk that has choices, and is paid for: words, a thought, a call."""
    delta = _delta(chunk)
    functions = [piece.function for piece in delta.tool_calls or [] if piece.function is not None]
    calls = [text for function in functions for text in (function.name, function.arguments) if text]
    return "".join((text_of(chunk), _thought_of(delta), *calls))


def _delta(chunk: ChatCompletionChunk) -> ChoiceDelta:
    """What a chunk that has choices adds; nothing where it has none: with its asynchronous filter Azure sends what that found so."""
    return getattr(chunk.choices[0], "delta", None) or _NOTHING


def _thought_of(delta: ChoiceDelta) -> str:
    """A thought that is told from the answer; a server may tell it in both places."""
    told = (delta.model_extra or {}).get
    return next((thought for name in _THOUGHT if isinstance(thought := told(name), str) and thought), "")

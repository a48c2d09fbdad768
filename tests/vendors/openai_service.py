"""OpenAI as far as a phone bot needs it: right answers to right requests, and a bill for each.

Its answers are made with the types of the official client (openai 3.54.0), so a field that the protocol does not
have, or a value of the wrong kind, fails here. A request that OpenAI would refuse is refused: an unknown path or
model, a missing field, a format that the model does not give, one language for gpt-transcribe (it takes a list), tools for a model
that is to think.

What it bills is what the real one does: seconds of sound (whisper-1, gpt-transcribe), tokens (all others), characters (tts-1).
A token is taken for four letters, a second of sound for 10 tokens; so its counts are not OpenAI's, but a client
must add up to the same.
"""

import io
import json
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from openai.types import CompletionUsage, Model
from openai.types.audio import Transcription, TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent, TranscriptionVerbose
from openai.types.audio.transcription import Logprob, UsageDuration, UsageTokens
from openai.types.audio.transcription_segment import TranscriptionSegment
from openai.types.audio.transcription_text_done_event import Logprob as DoneLogprob
from openai.types.audio.transcription_text_done_event import Usage as DoneUsage
from openai.types.audio.transcription_verbose import Usage as VerboseUsage
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import Choice, ChoiceDelta, ChoiceDeltaToolCall, ChoiceDeltaToolCallFunction
from pydantic import BaseModel

from tests.vendors.openai_server import DONE, END_OF_BODY, STREAM_HEAD, Request, Script, answer, http_chunk, refusal

TOKENS_PER_S = 10
LETTERS_PER_TOKEN = 4
LISTENING = frozenset({"whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize", "gpt-transcribe"})
BY_SECONDS = frozenset({"whisper-1", "gpt-transcribe"})
SPEAKING = frozenset({"tts-1", "tts-1-hd", "gpt-4o-mini-tts"})
ANSWERING = frozenset({"gpt-6-luna", "gpt-5.6-luna"})
SHUTDOWN_DATES = {
    **dict.fromkeys(sorted(ANSWERING | LISTENING), None),
    **dict.fromkeys(sorted(SPEAKING), "2027-01-06"),
    **dict.fromkeys(sorted(LISTENING - {"gpt-transcribe"}), "2027-02-26"),
}
"""Of the models that are listed. A server of one's own answers for models of any name, and so does this one."""
_SPEECH_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: audio/pcm\r\ntransfer-encoding: chunked\r\n\r\n"
_PIECE_BYTES = 4800
"""A tenth of a second of speech."""


@dataclass(slots=True)
class Bill:
    """What one model was used for."""

    requests: int = 0
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    characters: int = 0


@dataclass(slots=True)
class OpenAIService:
    """Answers a request; give it to ``OpenAIServer`` in place of a script."""

    heard: str = "hello there"
    """What every sound says."""
    reply: tuple[str, ...] = ("We open", " at nine.")
    """The model's pieces."""
    calls: tuple[tuple[str, str], ...] = ()
    """Tools that the model calls when it was not told a result yet: name and arguments."""
    obeys: bool = False
    """Whether it calls them each time, told or not."""
    speech: bytes | Callable[[str], bytes] = bytes(24_000)
    """What every sentence sounds like, or what makes it of the text: PCM at 24 kHz."""
    no_speech: float = 0.01
    logprob: float = -0.1
    bills: dict[str, Bill] = field(default_factory=dict)
    """By model."""

    def __call__(self, request: Request) -> Script:
        """The answer to a request."""
        match request.method, request.path:
            case "GET", "/v1/models":
                models = [Model(id=name, created=1, object="model", owned_by="o", shutdown_date=on) for name, on in SHUTDOWN_DATES.items()]
                return answer(200, {"object": "list", "data": [_plain(model) for model in models]})
            case "POST", "/v1/chat/completions":
                return self._complete(request.json)
            case "POST", "/v1/audio/transcriptions":
                return self._transcribe(request.form())
            case "POST", "/v1/audio/speech":
                return self._speak(request.json)
            case _:
                return refusal(404, "no such path")

    def _bill(self, model: str) -> Bill:
        bill = self.bills.setdefault(model, Bill())
        bill.requests += 1
        return bill

    # --- Chat completions

    def _complete(self, asked: Any) -> Script:
        if not asked.get("stream"):
            return refusal(400, "this service streams", "unsupported_value")
        if asked["model"].startswith(("gpt-5", "gpt-6")) and asked.get("tools") and asked.get("reasoning_effort") != "none":
            return refusal(400, "Function tools with reasoning_effort are not supported for this model in /v1/chat/completions.")
        told = any(message["role"] == "tool" for message in asked["messages"])
        calls = () if (told and not self.obeys) or not asked.get("tools") else self.calls
        bill = self._bill(asked["model"])
        usage = _usage(asked, self.reply, calls)
        bill.input_tokens += usage.prompt_tokens
        bill.output_tokens += usage.completion_tokens
        with_usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        chunks = [_chunk(asked["model"], [choice]) for choice in self._choices(calls)]
        chunks += [_chunk(asked["model"], [], usage)] if with_usage else []
        return [STREAM_HEAD, *(_event(chunk) for chunk in chunks), http_chunk(DONE) + END_OF_BODY]

    def _choices(self, calls: tuple[tuple[str, str], ...]) -> Iterator[Choice]:
        yield Choice(index=0, delta=ChoiceDelta(role="assistant", content=""))
        for piece in self.reply if not calls else ():
            yield Choice(index=0, delta=ChoiceDelta(content=piece))
        for number, (name, arguments) in enumerate(calls):
            yield Choice(index=0, delta=ChoiceDelta(tool_calls=[_call(number, name, "")]))
            yield Choice(index=0, delta=ChoiceDelta(tool_calls=[_call(number, None, arguments)]))
        yield Choice(index=0, delta=ChoiceDelta(), finish_reason="tool_calls" if calls else "stop")

    # --- Transcriptions

    def _transcribe(self, form: dict[str, bytes]) -> Script:
        model, kind = form.get("model", b"").decode(), form.get("response_format", b"json").decode()
        if model not in LISTENING or "file" not in form:
            return refusal(400, "no such model, or no file", "invalid_value")
        if kind not in (("json", "verbose_json") if model == "whisper-1" else ("json",)):
            return refusal(400, "no such format for this model", "unsupported_format")
        if model == "gpt-transcribe" and ("language" in form or "include[]" in form):
            return refusal(400, "gpt-transcribe takes languages, and tells no likelihoods", "unsupported_parameter")
        if model.endswith("-diarize") and ("prompt" in form or "include[]" in form):
            return refusal(400, "gpt-4o-transcribe-diarize takes no prompt, and tells no likelihoods", "unsupported_parameter")
        seconds = _seconds(form["file"])
        if seconds < 0.1:
            return refusal(400, "audio too short", "audio_too_short")
        if model == "whisper-1":
            return self._by_seconds(kind, seconds)
        streamed = form.get("stream") == b"true"
        sure = "logprobs" in form.get("include[]", b"").decode()
        return self._by_events(model, seconds, sure=sure) if streamed else self._in_one_piece(model, seconds, sure=sure)

    def _by_seconds(self, kind: str, seconds: float) -> Script:
        self._bill("whisper-1").seconds += ceil(seconds)
        if kind == "json":
            return answer(200, _plain(Transcription(text=self.heard, usage=UsageDuration(seconds=ceil(seconds), type="duration"))))
        segment = TranscriptionSegment(
            id=0, avg_logprob=self.logprob, compression_ratio=1.0, end=seconds, no_speech_prob=self.no_speech,
            seek=0, start=0.0, temperature=0.0, text=self.heard, tokens=[],
        )  # fmt: skip
        usage = VerboseUsage(seconds=ceil(seconds), type="duration")
        return answer(
            200, _plain(TranscriptionVerbose(duration=seconds, language="english", text=self.heard, segments=[segment], usage=usage))
        )

    def _in_one_piece(self, model: str, seconds: float, *, sure: bool) -> Script:
        sureness = [Logprob(token=word, logprob=self.logprob) for word in self.heard.split()] if sure else None
        used = self._used(model, seconds)
        told = UsageTokens(**used) if used else UsageDuration(seconds=seconds, type="duration")
        return answer(200, _plain(Transcription(text=self.heard, logprobs=sureness, usage=told)))

    def _by_events(self, model: str, seconds: float, *, sure: bool) -> Script:
        """The events of a stream know no usage but tokens."""
        used = self._used(model, seconds)
        deltas = [
            _event(TranscriptionTextDeltaEvent(delta=piece, type="transcript.text.delta")) for piece in self.heard.split(" ") if piece
        ]
        done = TranscriptionTextDoneEvent(
            text=self.heard,
            type="transcript.text.done",
            logprobs=[DoneLogprob(token=word, logprob=self.logprob) for word in self.heard.split()] if sure else None,
            usage=DoneUsage(**used) if used else None,
        )
        return [STREAM_HEAD, *deltas, _event(done), END_OF_BODY]

    def _used(self, model: str, seconds: float) -> dict[str, Any]:
        """The tokens of a request, or nothing where its seconds are billed."""
        bill = self._bill(model)
        if model in BY_SECONDS:
            bill.seconds += seconds
            return {}
        heard, words = ceil(seconds * TOKENS_PER_S), tokens(self.heard)
        bill.input_tokens += heard
        bill.output_tokens += words
        return {"input_tokens": heard, "output_tokens": words, "total_tokens": heard + words, "type": "tokens"}

    # --- Speech

    def _speak(self, asked: Any) -> Script:
        if asked["model"] not in SPEAKING or not asked["input"] or not asked["voice"] or len(asked["input"]) > 4096:
            return refusal(400, "no such model, no voice, or no text of 1 to 4,096 letters", "invalid_value")
        if asked.get("response_format") != "pcm":
            return refusal(400, "this service makes pcm", "unsupported_format")
        speech = self.speech(asked["input"]) if callable(self.speech) else self.speech
        bill = self._bill(asked["model"])
        bill.characters += len(asked["input"])
        if not asked["model"].startswith("tts-1"):
            bill.input_tokens += tokens(asked["input"])
            bill.output_tokens += ceil(len(speech) / 48_000 * TOKENS_PER_S)
        pieces = [speech[at : at + _PIECE_BYTES] for at in range(0, len(speech), _PIECE_BYTES)]
        return [_SPEECH_HEAD, *map(http_chunk, pieces), END_OF_BODY]


def tokens(text: str) -> int:
    """How many tokens a text counts for here."""
    return ceil(len(text) / LETTERS_PER_TOKEN)


def _usage(asked: Any, reply: tuple[str, ...], calls: tuple[tuple[str, str], ...]) -> CompletionUsage:
    prompt = tokens(json.dumps([asked["messages"], asked.get("tools", [])], ensure_ascii=False))
    said = tokens(json.dumps(calls)) if calls else tokens("".join(reply))
    return CompletionUsage(prompt_tokens=prompt, completion_tokens=said, total_tokens=prompt + said)


def _chunk(model: str, choices: list[Choice], usage: CompletionUsage | None = None) -> ChatCompletionChunk:
    return ChatCompletionChunk(id="c1", choices=choices, created=1, model=model, object="chat.completion.chunk", usage=usage)


def _call(number: int, name: str | None, arguments: str) -> ChoiceDeltaToolCall:
    function = ChoiceDeltaToolCallFunction(name=name, arguments=arguments)
    return ChoiceDeltaToolCall(index=number, id=f"call_{number}" if name else None, type="function" if name else None, function=function)


def _event(event: BaseModel) -> bytes:
    return http_chunk(b"data: " + json.dumps(_plain(event), ensure_ascii=False).encode() + b"\n\n")


def _plain(answered: BaseModel) -> Any:
    return answered.model_dump(mode="json", exclude_unset=True)


def _seconds(upload: bytes) -> float:
    with wave.open(io.BytesIO(upload)) as file:
        return float(file.getnframes() / file.getframerate())

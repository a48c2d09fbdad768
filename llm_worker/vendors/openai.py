"""OpenAI's chat completions as a stream, and whatever speaks them (Ollama, vLLM, llama.cpp).

Servers of one's own differ in two ways that matter here:

- Their chat templates may insist on one system message, then caller and bot in turns, the caller
  first. So neighbours of the same side are joined, and the greeting stands in the instructions.
- Models without tools refuse a request that offers one. Then it is sent again without, and no
  more offered: such a model can't hang up.
"""

from collections.abc import AsyncIterator
from typing import Any

from openai import AsyncOpenAI, AsyncStream, BadRequestError, OpenAIError
from openai.types.chat import ChatCompletionChunk

from common import openai_client
from common.config import Settings
from common.errors import VendorError
from common.phrases import base_language
from llm_worker.vendors.base import ActionRequest, Prompt

INSTRUCTIONS = (
    "You answer the phone and you are polite and brief. Answer in {language}, in one to three short sentences, "
    "in plain words that are good to hear: no markdown, no lists, no links, no emoji. "
    "What the caller says comes from speech recognition and may hold wrong words; if it makes no sense, ask. "
    "When the caller says goodbye or asks to end the call, say goodbye and call hang_up in the same answer."
)
"""The default of ``LLM_INSTRUCTIONS``; ``{language}`` is replaced in both."""
_OPENED = "You opened the call with these words: {greeting}"
_GO_ON = "(Your last answer was broken off there. Go on right behind its last word and repeat nothing of it.)"
_LANGUAGES = {"he": "Hebrew", "en": "English", "ar": "Arabic", "ru": "Russian", "fr": "French", "es": "Spanish", "de": "German"}

_HANG_UP: Any = {
    "type": "function",
    "function": {
        "name": "hang_up",
        "description": "Ends the call once what you said was heard. Only after the caller said goodbye or asked for it.",
        "parameters": {"type": "object", "properties": {}},
    },
}


class OpenAIModel:
    """``LLM_VENDOR=openai``."""

    def __init__(self, settings: Settings, *, read_s: float = openai_client.READ_S) -> None:
        self._openai: AsyncOpenAI = openai_client.client(settings, settings.llm_base_url, read_s=read_s)
        self._model = settings.llm_model
        self._instructions = settings.llm_instructions or INSTRUCTIONS
        self._takes_tools = True

    async def warm_up(self) -> None:
        """Open a connection.

        Raises:
            ConfigError: the server refuses the key.
            VendorError: it cannot be reached.
        """
        await openai_client.warm_up(self._openai)

    async def reply(self, prompt: Prompt) -> AsyncIterator[str | ActionRequest]:
        """The reply as it streams; hang-up at its end.

        Raises:
            VendorError: the server failed, or the stream broke off.
        """
        answer = Answer()
        try:
            stream = await self._open(messages_of(prompt, self._instructions))
            async with stream:
                async for chunk in stream:
                    if text := answer.take(chunk):
                        yield text
        except OpenAIError as error:
            raise openai_client.blame(error) from error
        except ValueError as error:  # a line of the stream is not JSON
            raise VendorError(openai_client.VENDOR, "bad_answer", retryable=True) from error
        if not answer.finished:
            raise VendorError(openai_client.VENDOR, "half_stream", retryable=True)
        if "hang_up" in answer.tools:
            yield ActionRequest("hang_up")

    async def _open(self, messages: list[Any]) -> AsyncStream[ChatCompletionChunk]:
        if self._takes_tools:
            try:
                return await self._openai.chat.completions.create(model=self._model, messages=messages, stream=True, tools=[_HANG_UP])
            except BadRequestError as error:
                if "tool" not in str(error).lower():
                    raise
                self._takes_tools = False
        return await self._openai.chat.completions.create(model=self._model, messages=messages, stream=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._openai.close()


class Answer:
    """What the chunks of a stream add up to."""

    def __init__(self) -> None:
        self.finished = False
        """Whether the model said that it is done: a stream may end without."""
        self.tools: list[str] = []

    def take(self, chunk: ChatCompletionChunk) -> str:
        """The text of a chunk; a chunk with neither text nor tool tells usage, or the role."""
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.finished = self.finished or choice.finish_reason is not None
        self.tools += [call.function.name for call in choice.delta.tool_calls or [] if call.function and call.function.name]
        return choice.delta.content or ""


# --- The prompt


def messages_of(prompt: Prompt, instructions: str) -> list[dict[str, str]]:
    """The prompt as chat messages: system, then caller and bot strictly in turns."""
    said: list[tuple[str, str]] = []
    greeting, history = "", prompt.history
    if history and not history[0].caller:
        greeting, history = history[0].bot, history[1:]
    for exchange in history:
        said += [("user", exchange.caller), ("assistant", exchange.bot)]
    said.append(("user", prompt.text))
    if prompt.spoken:
        said += [("assistant", " ".join(prompt.spoken)), ("user", _GO_ON)]
    return [{"role": "system", "content": _system(instructions, prompt.language, greeting)}, *_in_turns(said)]


def _system(instructions: str, language: str, greeting: str) -> str:
    name = _LANGUAGES.get(base_language(language), f"the language {language}")
    system = instructions.replace("{language}", name)
    return f"{system}\n{_OPENED.format(greeting=greeting)}" if greeting else system


def _in_turns(said: list[tuple[str, str]]) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = []
    for role, text in said:
        if not text:
            continue
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += f"\n{text}"
        else:
            messages.append({"role": role, "content": text})
    return messages

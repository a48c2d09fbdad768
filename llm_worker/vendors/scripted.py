"""The scripted model: no account, no network; it streams its words like a model.

With ``SCRIPTED_LLM_REPLY`` it says exactly that; of several, with | between them, turn 0 has the first, turn 1 the second,
and so on round. Else it talks by the rules of the call's agent (what they can do stands in ``llm_worker/rules.py``). For an agent
whose file brings none ``rules/agent.<language>.toml`` says what its tools know, and no more; where no file says who answers,
``rules/<language>.toml`` plays a clinic. A language without rules speaks English.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from functools import lru_cache
from pathlib import Path

import msgspec

from common.config import Settings
from common.errors import VendorError
from common.language import base_language
from common.messages import Collect
from llm_worker.rules import RuleBook, Said
from llm_worker.sentences import SentenceCutter
from llm_worker.vendors.base import ActionRequest, Piece, Prompt, ToolCall, Uninterruptible

RULES = Path(__file__).with_name("rules")
FALLBACK_LANGUAGE = "en"
_TOKEN = re.compile(r"\s*\S+")


class ScriptedModel:
    """``LLM_VENDOR=scripted``."""

    def __init__(self, settings: Settings) -> None:
        fixed = settings.scripted_llm_reply
        self._fixed = [] if fixed is None else fixed.split("|")
        self._first_token_s = settings.scripted_llm_first_token_ms / 1000
        self._token_s = 1 / settings.scripted_llm_tokens_per_s
        self._books = {path.stem: RuleBook.load(path) for path in sorted(RULES.glob("*.toml"))}

    async def warm_up(self) -> None:
        """Nothing is left to be done: the rules are read when it is made."""

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """The reply, word by word; hang-up at its end. Or a call of a tool, and the reply once its result is known.

        Raises:
            VendorError: it is to do something else than answer.
        """
        if prompt.task:
            raise VendorError("scripted", "only_answers", retryable=False, blame="request")
        if prompt.rounds and not prompt.rounds[-1].calls:  # an action was refused: it has no more to say
            return
        said = self._answer(prompt)
        first_at = asyncio.get_running_loop().time() + self._first_token_s
        await _until(first_at)
        if said.calls is not None:
            yield ToolCall("call_1", said.calls.tool, json.dumps(said.calls.arguments, ensure_ascii=False))
            return
        if not said.interruptible:
            yield Uninterruptible()
        tokens = _TOKEN.findall(_rest(said.text, prompt.spoken))
        if prompt.spoken and not tokens:  # all was said, and asked for with it: a model that remembers nothing adds nothing
            return
        for number, token in enumerate(tokens):
            await _until(first_at + number * self._token_s)
            yield token
        if said.ends_call:
            yield ActionRequest("hang_up")
        if said.keys is not None:
            yield ActionRequest("collect", collect=Collect(**msgspec.structs.asdict(said.keys)))
        if said.transfers:
            yield ActionRequest("transfer", argument=said.transfers)

    def _answer(self, prompt: Prompt) -> Said:
        if self._fixed:
            return Said(self._fixed[prompt.turn % len(self._fixed)].replace("{turn}", str(prompt.turn)))
        book = _parsed(prompt.rules) if prompt.rules else self._book("agent." if prompt.instructions else "", prompt.language)
        result = prompt.rounds[-1].results[-1] if prompt.rounds else None
        return book.answer(prompt.text, prompt.history, [tool.name for tool in prompt.tools], result, prompt.destinations, prompt.turn)

    def _book(self, whose: str, language: str) -> RuleBook:
        return self._books.get(whose + base_language(language), self._books[whose + FALLBACK_LANGUAGE])

    async def close(self) -> None:
        """Nothing is open."""


@lru_cache(maxsize=64)
def _parsed(rules: str) -> RuleBook:
    """An agent's rules.

    Raises:
        VendorError: they are none.
    """
    try:
        return RuleBook.parse(rules)
    except (ValueError, KeyError) as fault:
        raise VendorError("scripted", "bad_rules", retryable=False, blame="settings") from fault


async def _until(moment: float) -> None:
    """At a pace of its own, as a model far away: who reads late has what came meanwhile at once."""
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))


def _rest(text: str, spoken: tuple[str, ...]) -> str:
    """What comes after the sentences that are out already; of one that somebody else said in other words, its place counts."""
    for sentence in spoken:
        text = text.lstrip()
        own = sentence if text.startswith(sentence) else next(iter([*SentenceCutter().push(text), text]))
        text = text.removeprefix(own)
    return text

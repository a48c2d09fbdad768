"""``python -m tests.llm_worker.chats FILE``: calls in writing to the example agents, as they come out now (``docs/chats.md``).

What callers say stands in ``tests/data/chats.toml``; what time it is there, too. Where no rules answer, the model is the local server
that speaks OpenAI's protocol, and calls what the caller wants; an owner's server stands behind the webhooks. The secret of those has to be
in the environment (``INJECTIONS_SECRET``); any will do.
"""

import asyncio
import html
import json
import logging
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from common import config
from common.agents.file import table_in
from common.config import Settings
from llm_worker.text_call import Answer, text_call
from tests.llm_worker.injections import DATA, SECRET, Effect, House, restaurant_in
from tests.vendors.openai_server import OpenAIServer, Request, Script

_RESTAURANT = "restaurant"
_ANSWERS = {"find_order": {"order": "AB1234", "status": "on its way"}, "book_table": {"booked": True, "table": 4}}
_HEAD = """# Chats with the example agents

What the agents that Torim brings say and do, in writing: worker, prompt, history, sentences, tools and policy are those of a call on the
line. Made by `{secret}=any python -m tests.llm_worker.chats docs/chats.md`; a test holds it to what they say today.

The first calls are answered by the rules that stand beside the agents, as they are without an account. Say the same to
`.venv/bin/python -m llm_worker.chat clinic --now 2026-11-24T10:00` and read the same; where there is a model (`OPENAI_API_KEY`,
`LLM_BASE_URL`), that program talks to it. In the last three the official client asks a local server that speaks OpenAI's protocol, calls
what the caller wants, and says the words of a script: what its calls come to is decided by the agent's file. How many such calls
were tried, and what came of them: [injections.md](injections.md).
"""


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A call."""

    title: str
    agent: str
    language: str
    now: datetime
    about: str
    says: tuple[str, ...] = ()
    obeys: tuple[tuple[str, str, str, str], ...] = ()
    """What the caller says, the tool that is called, its arguments, the model's words."""


class Chats(msgspec.Struct, frozen=True):
    """A file of them."""

    chat: tuple[Chat, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What came of one."""

    chat: Chat
    greeting: str
    turns: list[tuple[str, Answer]]
    effects: list[Effect]


def chats() -> tuple[Chat, ...]:
    """All of them."""
    return table_in(DATA / "chats.toml", Chats).chat


async def held(chat: Chat) -> Held:
    """Call, and say it all."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), answers=_ANSWERS)
        async with AsyncExitStack() as stack:
            agent, settings = await _agent(chat, house, stack)
            call = await stack.enter_async_context(text_call(agent, settings, house.folder, language=chat.language, now=chat.now))
            greeting = call.greet()
            turns = [(says, await call.say(says)) for says in (*chat.says, *(says for says, *_ in chat.obeys))]
        return Held(chat, greeting, turns, house.effects())


async def hold_all() -> list[Held]:
    """What came of all of them."""
    return [await held(chat) for chat in chats()]


async def _agent(chat: Chat, house: House, stack: AsyncExitStack) -> tuple[str, Settings]:
    if not chat.obeys:
        return chat.agent, Settings(llm_vendor="scripted", scripted_llm_tokens_per_s=100_000.0)
    models = await stack.enter_async_context(OpenAIServer(_Obedient(house, chat)))
    settings = Settings(llm_vendor="openai", llm_base_url=models.url, llm_model="m1")
    if chat.agent != _RESTAURANT:
        return chat.agent, settings
    hooks = await stack.enter_async_context(OpenAIServer(house.hook))
    return str(restaurant_in(house.folder, hooks)), settings


class _Obedient:
    """A model that calls once what the caller of a chat wants."""

    def __init__(self, house: House, chat: Chat) -> None:
        self._service = house.service
        self._service.obeys = False
        self._wants = {says: ((tool, arguments), words) for says, tool, arguments, words in chat.obeys}

    def __call__(self, request: Request) -> Script:
        """The answer to a request."""
        if request.path.endswith("completions"):
            asked = [message["content"] for message in request.json["messages"] if message["role"] == "user"]
            call, words = self._wants[asked[-1].splitlines()[-1]]
            self._service.calls, self._service.reply = (call,), (words,)
        return self._service(request)


# --- As Markdown


def document(calls: Sequence[Held]) -> str:
    """All of them; Hebrew runs from right to left wherever its reader's program knows HTML."""
    return _HEAD.format(secret=SECRET) + "".join(_section(call) for call in calls)


def _section(call: Held) -> str:
    chat = call.chat
    direction = "rtl" if chat.language == "he" else "ltr"
    rows = [_row("bot", call.greeting), *(row for says, answer in call.turns for row in _turn(says, answer))]
    when = f"{chat.now:%A}, {chat.now:%Y-%m-%d}, {chat.now:%H:%M}"
    head = f"\n## {chat.title}\n\n{when}. {chat.about}\n\n"
    return head + "\n".join([f'<table dir="{direction}">', *rows, "</table>"]) + "\n" + _done(call.effects)


def _turn(says: str, answer: Answer) -> Iterator[str]:
    yield _row("caller", says)
    for use in answer.uses:
        yield _row("tool", f"{use.name} {use.arguments}", use.result)
    yield _row("bot", answer.text)
    for request in answer.refused:
        yield _row("line", request, "refused")
    for name in answer.actions:
        yield _row("line", f"{name} {answer.transfer if name == 'transfer' else ''}".strip(), "done")


def _row(who: str, what: str, result: str = "") -> str:
    """A row of the table; words to the caller's eyes, or a call and what came of it."""
    said = _isolated(result) if result else ""
    cell = f"<code>{_isolated(what)}</code><br>{said}" if result else html.escape(what, quote=False)
    direction = "ltr" if result else _direction(what)
    return f'<tr><td>{who}</td><td dir="{direction}">{cell}</td></tr>'


def _isolated(text: str) -> str:
    """Hebrew within a line that runs from left to right, each piece of it in its own order."""
    return re.sub(r"[א-ת](?:[^{}\"<>]*[א-ת0-9.])?", r'<span dir="rtl">\g<0></span>', html.escape(text, quote=False))


def _direction(text: str) -> str:
    return "rtl" if re.search("[א-ת]", text) else "ltr"


def _done(effects: Sequence[Effect]) -> str:
    if not effects:
        return "\nNothing was written down, and nobody's server was asked.\n"
    listed = [f"- `{each.tool}`: {_isolated(json.dumps(each.arguments, ensure_ascii=False))}" for each in effects]
    return "\n".join(["\nWhat reached the world:\n", *listed]) + "\n"


def main(path: Path) -> None:
    """Write the file."""
    if not config.secret(SECRET):
        raise SystemExit(f"{SECRET} is not set: any text will do")
    logging.disable(logging.CRITICAL)  # what is refused stands in the document
    path.write_text(document(asyncio.run(hold_all())), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Twilio's webhooks: what to do with a call (TwiML).

- A call whose stream died is connected again, three times a minute; one that was ended is not (R12).
- A gateway that drains has Twilio ask once more: whoever stands before the gateways sends that to another one. Where it comes
  back, there is none, so the next time is late enough for this gateway's successor.
- A call that the bot transferred rings there; if nobody answers, it is connected to the bot again, which says so.
- A new call that there is no room for, or no more money (``spending.py``), is told so, and hung up; one that is known is not.
"""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from common.agents.in_use import InUse
from common.agents.overlay import spoken_language
from gateway.admission import Admission
from gateway.agents import AGENT, CALLED, Agents
from gateway.beginning import RECONNECTS, TRANSFERS, UNANSWERED, reconnects, transfers
from gateway.complaints import Complaints
from gateway.events_log import log_event
from gateway.lookup import looked_up
from gateway.outcomes import NUMBER
from gateway.spending import Spending
from gateway.telephony import twiml
from gateway.telephony.reconnects import GoesTo, Reconnects
from gateway.telephony.tokens import StreamTokens
from gateway.telephony.twilio import caller_of, language_of
from gateway.trust import Trust

_ELSEWHERE = "elsewhere"
"""Parameter of a webhook: a gateway that drains sent it on."""
_RESTART_S = 3
"""How long a gateway is gone at most when it is the only one and is started again: measured in docs/operations.md."""
_ANSWERED = frozenset({"completed", "answered"})
"""What Twilio calls a transfer that somebody answered."""
_GONE = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""What Twilio calls a call that nothing can be done with any more."""


class Webhooks:
    """Answers what Twilio asks."""

    def __init__(
        self,
        trust: Trust,
        tokens: StreamTokens | None,
        admission: Admission,
        reconnects: Reconnects,
        complaints: Complaints,
        agents: Agents,
        spending: Spending | None,
    ) -> None:
        """``tokens``: None where everybody is trusted; ``spending``: None where nothing is counted."""
        self._spending = spending
        self._agents = agents
        self._trust = trust
        self._tokens = tokens
        self._admission = admission
        self._reconnects = reconnects
        self._complaints = complaints

    async def voice(self, request: Request) -> Response:
        """A call came in: where is it to be connected to?"""
        form = dict(await self._trust.form(request))
        if self._admission.draining:
            return self._elsewhere(request, "/twilio/voice")
        call, asked = form.get("CallSid", ""), dict(request.query_params)
        agent = self._agents.chosen({**asked, CALLED: form.get("To", "")})
        if busy := self._admission.why_busy(call):
            return self._refuse(busy, call, agent, language_of(asked), "busy")
        number = caller_of(form)
        if self._spending is not None and (spent := await self._spending.why_refused(agent, number)):
            return self._refuse(spent, call, agent, language_of(asked), "spent")
        about = await _about(agent, call, number)
        return await self._connect(request, call, self._parameters(agent, language_of(asked), number), about)

    async def _connect(self, request: Request, call: str, parameters: Mapping[str, str], about: Mapping[str, str]) -> Response:
        token = "" if self._tokens is None else _issue(self._tokens, call)
        return _xml(twiml.connect(self._trust.base_url(request), parameters, token, about))

    async def after(self, request: Request) -> Response:
        """A stream ended, or a transfer: what becomes of its call?"""
        form = dict(await self._trust.form(request))
        call, asked = form.get("CallSid", ""), dict(request.query_params)
        dialled = form.get("DialCallStatus", "")
        if not call or form.get("CallStatus") in _GONE or dialled in _ANSWERED:
            return _xml(twiml.hang_up())
        unanswered = bool(dialled) or UNANSWERED in asked
        if dialled:
            log_event(call, None, "TRANSFER_UNANSWERED", why=dialled)
        elif not unanswered and (goes_to := await self._reconnects.transferred_to(call)) is not None:
            return self._dial(request, goes_to)
        made = transfers(asked) + bool(dialled)
        came_back = {TRANSFERS: str(made)} if made else {}
        if self._admission.draining and not self._reconnects.knows_over(call):
            if _ELSEWHERE in asked:
                self._admission.sent_on(call)
            return self._elsewhere(request, "/twilio/after", **came_back, **({UNANSWERED: "1"} if unanswered else {}))
        agent, language = self._agents.chosen({**asked, CALLED: form.get("To", "")}), language_of(asked)
        match "again" if unanswered else await self._reconnects.ask(call):
            case "over":
                return _xml(twiml.hang_up())
            case "too_often":
                return self._refuse("reconnects", call, agent, language, "goodbye")
            case "again":
                again = reconnects(request.query_params) + 1
                log_event(call, None, "RECONNECT", again=again)
                number = caller_of(form)
                told = {**self._parameters(agent, language, number), RECONNECTS: str(again), **came_back}
                about = await _about(agent, call, number)
                return await self._connect(request, call, told, {**about, UNANSWERED: "1"} if unanswered else about)

    def _dial(self, request: Request, goes: GoesTo) -> Response:
        """Let the call's line ring elsewhere; where nobody answers, the bot goes on in the language that was spoken last."""
        asked, to = _passed_on(request.query_params), goes.to
        action = twiml.after(self._trust.base_url(request), asked | ({"language": goes.language} if goes.language else {}))
        return _xml(twiml.dial(action, to.number, to.ring_s, to.caller_id))

    def _parameters(self, agent: InUse, language: str | None, number: str) -> dict[str, str]:
        """What the stream is told of the call."""
        key, caller = agent.snapshot.key, self._spending.parameters(number) if self._spending else {}
        return {**({"language": language} if language else {}), **({AGENT: key} if key else {}), **caller}

    def _elsewhere(self, request: Request, path: str, **more: str) -> Response:
        asked = request.query_params
        query = urlencode({**_passed_on(asked), **more, _ELSEWHERE: "1"})
        url = f"{self._trust.base_url(request)}{path}?{query}"
        answer = _xml(twiml.ask_again(url, _RESTART_S if _ELSEWHERE in asked else 0))
        answer.headers["connection"] = "close"  # one that is kept would lead back here
        return answer

    def _refuse(self, why: str, call: str, agent: InUse, asked: str | None, phrase: Literal["busy", "spent", "goodbye"]) -> Response:
        """End a call with a phrase in Twilio's voice."""
        self._complaints.add(why, call)
        language = spoken_language(agent.snapshot, asked)
        words = getattr(agent.phrases(language), phrase)
        return _xml(twiml.say_and_hang_up(words, agent.language_of(language, phrase)))

    async def stream_status(self, request: Request) -> Response:
        """Twilio tells how a stream fares."""
        form = dict(await self._trust.form(request))
        if form.get("StreamEvent") == "stream-error":
            self._complaints.add("stream_error")
        return Response(status_code=204)


async def _about(agent: InUse, call: str, number: str) -> dict[str, str]:
    """What the stream is told of the caller; it stands in no address."""
    report = agent.snapshot.agent.report
    told = {NUMBER: number} if report is not None and report.number and number else {}
    return {**await looked_up(agent, call, number), **told}


def _passed_on(asked: Mapping[str, str]) -> dict[str, str]:
    """What the next address is told of the call."""
    return {name: asked[name] for name in ("language", AGENT, RECONNECTS, TRANSFERS) if name in asked}


def _issue(tokens: StreamTokens, call: str) -> str:
    if not call:
        raise HTTPException(400, "no CallSid")
    return tokens.issue(call)


def _xml(body: str) -> Response:
    return Response(body, media_type="application/xml")

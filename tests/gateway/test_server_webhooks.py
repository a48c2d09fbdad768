"""The webhooks, over real HTTP."""

import asyncio
import os
import re
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest
from prometheus_client import REGISTRY

from common.config import Settings
from common.errors import ConfigError
from gateway.agents import Agents
from gateway.port import check_exposure, listen
from gateway.telephony.auth import signature
from tests.common.agents.files import CLINIC, folder_of, write
from tests.gateway.front_door import Gateway, caller, gateway, media, stop
from tests.gateway.test_spending import spending
from tests.vendors.openai_server import OpenAIServer, answer

SIGNED = Settings(twilio_auth_token="12345", public_url="https://bot.example.org")
FORM = {"CallSid": "CA1", "From": "+15005550006"}


async def post(running: Gateway, path: str, form: dict[str, str] | None = None, signed_as: str = "", **headers: str) -> httpx.Response:
    form = FORM if form is None else form
    if signed_as:
        headers["X-Twilio-Signature"] = signature("12345", signed_as, list(form.items()))
    async with httpx.AsyncClient(base_url=running.http, verify=False) as client:  # plain HTTP: it reads no authorities
        return await client.post(path, data=form, headers=headers)


async def get(running: Gateway, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=running.http, verify=False) as client:  # plain HTTP: it reads no authorities
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("ask", [get, post])
async def test_a_call_is_connected_to_the_host_that_was_called(ask) -> None:  # type: ignore[no-untyped-def]
    async with gateway() as running:
        response = await ask(running, "/twilio/voice")
    assert f'<Stream url="ws://127.0.0.1:{running.port}/twilio/media"' in response.text


async def test_the_public_url_is_told_where_it_is_set() -> None:
    async with gateway(Settings(public_url="https://bot.example.org/")) as running:
        response = await post(running, "/twilio/voice")
    assert '<Stream url="wss://bot.example.org/twilio/media"' in response.text


async def test_a_tunnel_with_tls_leads_to_a_socket_with_tls() -> None:
    async with gateway() as running:
        response = await get(running, "/twilio/voice", **{"X-Forwarded-Proto": "https"})
    assert f'<Stream url="wss://127.0.0.1:{running.port}/twilio/media"' in response.text


async def test_twiml_is_xml() -> None:
    async with gateway() as running:
        response = await post(running, "/twilio/voice")
    assert response.headers["content-type"].startswith("application/xml")


async def test_the_language_goes_along() -> None:
    async with gateway() as running:
        response = await post(running, "/twilio/voice?language=en")
    assert '<Parameter name="language" value="en"/>' in response.text


def two_agents(folder: Path) -> Agents:
    """A clinic and a shop, each with a number."""
    write(folder, CLINIC + 'numbers = ["+97231234567"]')
    write(folder, CLINIC + 'numbers = ["+12025550143"]\n[phrases.en]\nbusy = "All shop assistants are busy"', "shop")
    return Agents(Settings(), folder_of(folder))


async def test_the_called_number_says_which_agent_answers(tmp_path: Path) -> None:
    async with gateway(agents=two_agents(tmp_path)) as running:
        response = await post(running, "/twilio/voice", FORM | {"To": "+12025550143"})
    assert '<Parameter name="agent" value="shop"/>' in response.text


async def test_an_agent_may_be_asked_for_by_name(tmp_path: Path) -> None:
    async with gateway(agents=two_agents(tmp_path)) as running:
        response = await post(running, "/twilio/voice?agent=clinic", FORM | {"To": "+12025550143"})
    assert '<Parameter name="agent" value="clinic"/>' in response.text


async def test_what_is_known_of_the_caller_goes_with_the_stream_and_stands_in_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLERS_SECRET", "s3cret")
    async with OpenAIServer(answer(200, {"name": "Dana"})) as server:
        lookup = f'numbers = ["*"]\n[lookup]\nurl = "{server.url}"\nsecret = "CALLERS_SECRET"\nvariables = {{name = "x"}}'
        write(tmp_path, CLINIC + lookup)
        async with gateway(agents=Agents(Settings(), folder_of(tmp_path))) as running:
            answers = [(await post(running, path)).text for path in ("/twilio/voice", "/twilio/after")]
    assert [text.count('<Parameter name="about_name" value="Dana"/>') for text in answers] == [1, 1]
    assert [text.count("Dana") for text in answers] == [1, 1]


async def test_the_callers_number_goes_with_the_stream_where_the_report_is_to_tell_it(tmp_path: Path) -> None:
    report = 'numbers = ["*"]\n[report]\nurl = "https://x.example/"\nsecret = "REPORTS_SECRET"\n'
    for more, times in (("number = true", 1), ("", 0)):
        write(tmp_path, CLINIC + report + more)
        async with gateway(agents=Agents(Settings(), folder_of(tmp_path))) as running:
            text = (await post(running, "/twilio/voice")).text
        assert (text.count('<Parameter name="number" value="+15005550006"/>'), text.count("5005550006")) == (times, times)


@pytest.mark.parametrize("shown", ["anonymous", "Restricted", "+266696687", "+7378742833", "sip:anonymous@anonymous.invalid", ""])
async def test_who_withholds_their_number_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str) -> None:
    monkeypatch.setenv("CALLERS_SECRET", "s3cret")
    async with OpenAIServer(answer(200, {"name": "Dana"})) as server:
        lookup = f'numbers = ["*"]\n[lookup]\nurl = "{server.url}"\nsecret = "CALLERS_SECRET"\nvariables = {{name = "x"}}\n'
        write(tmp_path, CLINIC + lookup + '[report]\nurl = "https://x.example/"\nsecret = "CALLERS_SECRET"\nnumber = true')
        of_callers = spending(spend_caller_per_day_usd=1, spend_key="k")
        async with gateway(agents=Agents(Settings(), folder_of(tmp_path)), spending=of_callers) as running:
            answers = [(await post(running, path, FORM | {"From": shown})).text for path in ("/twilio/voice", "/twilio/after")]
        assert server.requests == []
    assert [re.findall('Parameter name="(caller|number|about_name)"', text) for text in answers] == [[], []]


async def test_a_number_of_nobodys_is_the_settings_own(tmp_path: Path) -> None:
    async with gateway(agents=two_agents(tmp_path)) as running:
        response = await post(running, "/twilio/voice", FORM | {"To": "+15005550007"})
    assert 'name="agent"' not in response.text


async def test_the_agent_of_a_call_goes_along_when_it_is_connected_again(tmp_path: Path) -> None:
    async with gateway(agents=two_agents(tmp_path)) as running:
        answer = await after(running, "?agent=shop", CallSid="CA1", CallStatus="in-progress")
    assert '<Parameter name="agent" value="shop"/>' in answer


async def test_who_is_turned_away_hears_the_agents_words(tmp_path: Path) -> None:
    async with gateway(why_busy=lambda calls, call: "overloaded", agents=two_agents(tmp_path)) as running:
        response = await post(running, "/twilio/voice?agent=shop&language=en")
    assert '<Say language="en">All shop assistants are busy</Say><Hangup/>' in response.text.replace("en-US", "en")


async def test_what_is_no_language_does_not() -> None:
    async with gateway() as running:
        response = await post(running, '/twilio/voice?language="/>')
    assert "Parameter" not in response.text


# --- After a stream


async def after(running: Gateway, query: str = "", **form: str) -> str:
    """What Twilio is told to do with the call."""
    return (await post(running, f"/twilio/after{query}", FORM | form)).text


async def test_a_call_that_was_ended_is_hung_up() -> None:
    async with gateway() as running:
        running.reconnects.call_over("CA1")
        assert "<Response><Hangup/></Response>" in await after(running)


async def test_a_call_whose_stream_died_is_connected_again() -> None:
    async with gateway() as running:
        assert f'<Stream url="ws://127.0.0.1:{running.port}/twilio/media"' in await after(running)


async def test_the_language_of_a_call_goes_along_when_it_is_connected_again() -> None:
    async with gateway() as running:
        assert '<Parameter name="language" value="en"/>' in await after(running, "?language=en")


async def test_each_stream_says_the_how_manieth_it_is() -> None:
    async with gateway() as running:
        said = [await after(running, query) for query in ("", "?again=1", "?again=x")]
    assert [re.findall(r'name="again" value="(\d+)"', one) for one in said] == [["1"], ["2"], ["1"]]


async def test_the_next_webhook_hears_what_this_stream_knew() -> None:
    async with gateway() as running:
        assert "/twilio/after?language=en&amp;again=2" in await after(running, "?again=1&language=en")


async def test_a_call_whose_streams_keep_dying_is_ended_with_a_word() -> None:
    async with gateway() as running:
        said = [await after(running, "?language=en") for _ in range(4)]
    assert [("<Stream" in one, "<Say" in one) for one in said] == [(True, False)] * 3 + [(False, True)]
    assert '<Say language="en-US">Thank you, and goodbye</Say><Hangup/>' in said[3]


# --- After a transfer

RECEPTION = '{"number":"+97231234567","when":"people","ring_s":25%s}'


async def transferred(running: Gateway, *calls: str, language: str = "") -> None:
    """These calls were transferred by another gateway, maybe by one of a version that tells no language."""
    told = RECEPTION % (f',"language":"{language}"' if language else "")
    waiting = dict.fromkeys(calls or ("CA1",), told.encode())

    async def take(call: str) -> bytes | None:
        return waiting.pop(call, None)

    running.reconnects.take_transfer = take


async def test_a_call_that_was_transferred_rings_there() -> None:
    async with gateway() as running:
        await transferred(running)
        assert "<Number>+97231234567</Number></Dial></Response>" in await after(running)


async def test_what_the_next_webhook_must_know_goes_along_with_a_transfer() -> None:
    async with gateway() as running:
        await transferred(running)
        said = await after(running, "?language=en&again=1&agent=shop&x=y")
    assert f'action="http://127.0.0.1:{running.port}/twilio/after?language=en&amp;agent=shop&amp;again=1" timeout="25"><' in said


async def test_who_changed_the_language_is_told_in_it_that_nobody_answers() -> None:
    async with gateway() as running:
        await transferred(running, language="en")
        said = await after(running, "?language=he&again=1")
    assert "/twilio/after?language=en&amp;again=1" in said


@pytest.mark.parametrize("status", ["completed", "answered"])
async def test_a_transfer_that_was_answered_is_the_end_of_the_call(status: str) -> None:
    async with gateway() as running:
        assert "<Response><Hangup/></Response>" in await after(running, DialCallStatus=status)


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed", "canceled"])
async def test_a_transfer_that_nobody_answered_comes_back_to_the_bot_which_knows(status: str) -> None:
    async with gateway() as running:
        await transferred(running)
        said = await after(running, "?again=1", DialCallStatus=status)
    assert re.findall(r'name="(\w+)" value="(\d)"', said) == [("again", "2"), ("transfers", "1"), ("unanswered", "1")]


async def test_the_stream_after_the_next_one_is_no_longer_of_an_unanswered_transfer() -> None:
    async with gateway() as running:
        said = await after(running, DialCallStatus="busy")
    assert f'action="http://127.0.0.1:{running.port}/twilio/after?again=1&amp;transfers=1"' in said


async def test_how_often_a_call_was_transferred_goes_along_with_it() -> None:
    async with gateway() as running:
        said = [await after(running, "?transfers=1&again=4", **form) for form in ({"DialCallStatus": "busy"}, {})]
        await transferred(running)
        rings = await after(running, "?transfers=2")
    assert [re.findall(r'name="transfers" value="(\d)"', one) for one in said] == [["2"], ["1"]]
    assert "/twilio/after?transfers=2" in rings


async def test_coming_back_from_a_transfer_is_no_reconnect() -> None:
    async with gateway() as running:
        said = [await after(running, DialCallStatus="busy") for _ in range(5)]
    assert all("<Stream" in one for one in said)


async def test_who_hangs_up_while_it_rings_is_gone() -> None:
    async with gateway() as running:
        assert "<Response><Hangup/></Response>" in await after(running, DialCallStatus="no-answer", CallStatus="completed")


async def test_a_gateway_that_drains_transfers_a_call_itself() -> None:
    async with gateway() as running:
        await transferred(running)
        running.door.admission.draining = True
        assert "<Dial" in await after(running)


async def test_a_transfer_that_nobody_answered_comes_back_elsewhere_from_a_gateway_that_drains() -> None:
    async with gateway() as running:
        running.door.admission.draining = True
        said = await after(running, "?again=1", DialCallStatus="busy")
    assert "/twilio/after?again=1&amp;transfers=1&amp;unanswered=1&amp;elsewhere=1</Redirect>" in said


async def test_the_gateway_elsewhere_connects_it_again_with_that_word() -> None:
    async with gateway() as running:
        await transferred(running)
        said = await after(running, "?again=1&transfers=1&unanswered=1&elsewhere=1")
    assert '<Parameter name="transfers" value="1"/><Parameter name="unanswered" value="1"/>' in said


async def test_of_a_transfer_the_log_has_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    async with gateway() as running:
        await transferred(running)
        for form in ({}, {"DialCallStatus": "busy"}):
            await after(running, **form)
    assert "97231234567" not in "".join(capsys.readouterr())


# --- No room for a new call


async def test_a_new_call_is_told_politely_that_the_workers_are_overloaded() -> None:
    async with gateway(why_busy=lambda calls, call: "overloaded") as running:
        response = await post(running, "/twilio/voice?language=en")
    assert '<Say language="en-US">All our lines are busy. Please call again in a few minutes</Say><Hangup/>' in response.text


async def test_a_new_call_beyond_what_may_be_spent_is_told_politely_to_come_tomorrow() -> None:
    async with gateway(spending=spending(spent={"all": 1_000_000}, spend_per_day_usd=1)) as running:
        response = await post(running, "/twilio/voice?language=en")
    assert '<Say language="en-US">We cannot help you any further today. Please call again tomorrow</Say><Hangup/>' in response.text


async def test_a_call_that_is_known_is_connected_again_whatever_was_spent() -> None:
    async with gateway(spending=spending(spent={"all": 1_000_000}, spend_per_day_usd=1)) as running:
        assert "<Stream" in await after(running)


async def test_a_stream_is_told_a_digest_of_its_caller_and_no_number() -> None:
    async with gateway(spending=spending(spend_caller_per_day_usd=1, spend_key="k")) as running:
        response = await post(running, "/twilio/voice")
    assert re.search(r'<Parameter name="caller" value="[0-9a-f]{16}"/>', response.text)
    assert "15005550006" not in response.text


async def test_a_call_that_is_known_is_connected_again_however_busy_it_is() -> None:
    async with gateway(why_busy=lambda calls, call: "overloaded") as running:
        assert "<Stream" in await after(running)


async def test_where_there_is_no_room_for_one_call_there_may_be_for_another() -> None:
    async with gateway(why_busy=lambda calls, call: "redis_away" if call == "CA2" else "") as running:
        assert ["<Stream" in (await post(running, "/twilio/voice", {**FORM, "CallSid": call})).text for call in ("CA1", "CA2")] == [
            True,
            False,
        ]


async def test_the_calls_that_are_here_decide_whether_there_is_room() -> None:
    async with gateway(why_busy=lambda calls, call: "too_many_calls" if calls else "") as running:
        before = await post(running, "/twilio/voice")
        async with caller(running):
            await running.call()
            meanwhile = await post(running, "/twilio/voice")
    assert ["<Stream" in response.text for response in (before, meanwhile)] == [True, False]


async def test_calls_that_were_not_let_in_are_counted_by_their_reason() -> None:
    before = REGISTRY.get_sample_value("torim_refused_total", {"kind": "overloaded"}) or 0
    async with gateway(why_busy=lambda calls, call: "overloaded") as running:
        await post(running, "/twilio/voice")
    assert REGISTRY.get_sample_value("torim_refused_total", {"kind": "overloaded"}) == before + 1


async def test_a_call_without_a_goodbye_is_ended_without_a_word() -> None:
    async with gateway(Settings(phrase_goodbye="")) as running:
        assert "<Response><Hangup/></Response>" in [await after(running) for _ in range(4)][3]


@pytest.mark.parametrize("form", [{"CallStatus": "completed"}, {"CallSid": ""}])
async def test_a_call_that_is_gone_is_not_connected_again(form: dict[str, str]) -> None:
    async with gateway() as running:
        assert "<Response><Hangup/></Response>" in await after(running, **form)


async def test_a_stream_that_is_connected_again_has_a_token_of_its_own() -> None:
    async with gateway(SIGNED) as running:
        url = "https://bot.example.org/twilio/after?again=1"
        response = await post(running, "/twilio/after?again=1", signed_as=url)
    assert ('name="token"' in response.text, "token" in response.text.split("<Stream")[0]) == (True, False)


# --- Status


async def test_a_stream_status_is_taken_without_a_word() -> None:
    async with gateway() as running:
        response = await post(running, "/twilio/stream-status", FORM | {"StreamEvent": "stream-error"})
    assert (response.status_code, running.complaints.counts["stream_error"]) == (204, 1)


# --- Signatures


@pytest.mark.parametrize("path", ["/twilio/voice", "/twilio/after", "/twilio/stream-status"])
async def test_an_unsigned_webhook_is_refused(path: str) -> None:
    async with gateway(SIGNED) as running:
        response = await post(running, path)
    assert response.status_code == 403


async def test_a_signed_webhook_is_answered() -> None:
    async with gateway(SIGNED) as running:
        response = await post(running, "/twilio/voice?language=en", signed_as="https://bot.example.org/twilio/voice?language=en")
    assert response.status_code == 200


async def test_a_webhook_signed_for_the_proxied_address_is_refused() -> None:
    async with gateway(SIGNED) as running:
        response = await post(running, "/twilio/voice", signed_as=f"{running.http}/twilio/voice")
    assert response.status_code == 403


async def test_a_signed_get_is_answered() -> None:
    given = signature("12345", "https://bot.example.org/twilio/voice?CallSid=CA1")
    async with gateway(SIGNED) as running:
        response = await get(running, "/twilio/voice?CallSid=CA1", **{"X-Twilio-Signature": given})
    assert response.status_code == 200


async def test_a_signed_webhook_issues_a_token() -> None:
    async with gateway(SIGNED) as running:
        response = await post(running, "/twilio/voice", signed_as="https://bot.example.org/twilio/voice")
    assert '<Parameter name="token"' in response.text


async def test_without_a_call_there_is_no_token() -> None:
    async with gateway(SIGNED) as running:
        response = await post(running, "/twilio/voice", {"From": "1"}, signed_as="https://bot.example.org/twilio/voice")
    assert response.status_code == 400


# --- Bad requests


async def test_a_form_that_is_too_long_is_refused() -> None:
    async with gateway() as running:
        response = await post(running, "/twilio/voice", {"CallSid": "x" * 70_000})
    assert response.status_code == 413


async def test_a_form_of_too_many_fields_is_refused() -> None:
    async with gateway() as running:
        response = await post(running, "/twilio/voice", {str(number): "x" for number in range(300)})
    assert response.status_code == 400


async def test_a_host_that_is_none_is_refused() -> None:
    async with gateway() as running:
        response = await get(running, "/twilio/voice", Host='x"><Hangup')
    assert response.status_code == 400


# --- Health


async def test_a_process_that_lives_says_so() -> None:
    async with gateway() as running:
        response = await get(running, "/healthz")
    assert response.status_code == 200


async def test_a_gateway_that_can_answer_is_ready() -> None:
    async with gateway() as running:
        response = await get(running, "/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "reason": "", "process": os.getpid()})


async def test_a_gateway_that_cannot_answer_says_why() -> None:
    async def no_redis() -> str:
        return "Redis does not answer"

    async with gateway(ready=no_redis) as running:
        response = await get(running, "/readyz")
    assert (response.status_code, response.json()) == (503, {"ready": False, "reason": "Redis does not answer", "process": os.getpid()})


async def drained(path: str, **form: str) -> httpx.Response:
    """What a gateway that drains answers to a webhook."""
    async with gateway() as running:
        await running.door.admission.drain(0)
        return await post(running, path, FORM | form)


async def test_a_gateway_that_drains_is_not_ready() -> None:
    async with gateway() as running:
        await running.door.admission.drain(0)
        ready = await get(running, "/readyz")
    assert (ready.status_code, ready.json()["reason"]) == (503, "draining")


async def test_a_gateway_that_drains_has_a_new_call_asked_for_once_more() -> None:
    response = await drained("/twilio/voice?language=en")
    assert re.fullmatch(
        r".*<Response><Redirect>http://127.0.0.1:\d+/twilio/voice\?language=en&amp;elsewhere=1</Redirect></Response>", response.text
    )


async def test_what_leads_elsewhere_does_not_stay_on_the_same_connection() -> None:
    assert (await drained("/twilio/voice")).headers["connection"] == "close"


async def test_a_call_that_comes_back_to_a_gateway_that_drains_waits_for_its_successor() -> None:
    response = await drained("/twilio/voice?elsewhere=1")
    assert '<Response><Pause length="3"/><Redirect>' in response.text


async def test_a_gateway_that_drains_has_a_call_connected_again_elsewhere() -> None:
    response = await drained("/twilio/after?again=1&language=en")
    assert "/twilio/after?language=en&amp;again=1&amp;elsewhere=1</Redirect>" in response.text


async def test_a_call_that_a_draining_gateway_ended_is_hung_up() -> None:
    async with gateway() as running:
        running.reconnects.call_over("CA1")
        await running.door.admission.drain(0)
        assert "<Response><Hangup/></Response>" in await after(running)


async def test_being_sent_elsewhere_is_no_reconnect() -> None:
    async with gateway() as running:
        running.door.admission.draining = True
        for _ in range(4):
            await after(running)
        running.door.admission.draining = False
        assert "<Stream" in await after(running)


# --- Starting


def test_a_taken_port_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"^PORT={port}: taken by another program"):
            listen("127.0.0.1", port)


def test_gateways_that_share_a_port_both_listen() -> None:
    with listen("127.0.0.1", 0, shared=True) as one:
        port = one.getsockname()[1]
        with listen("127.0.0.1", port, shared=True) as other:
            assert other.getsockname() == one.getsockname()


def test_a_port_that_gateways_share_is_taken_for_everybody_else() -> None:
    with listen("127.0.0.1", 0, shared=True) as shared, pytest.raises(ConfigError, match="taken by another program"):
        listen("127.0.0.1", shared.getsockname()[1])


def test_an_address_that_is_not_here_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^HOST=192\.0\.2\.1 PORT=8080: "):
        listen("192.0.2.1", 8080)


def test_an_open_door_without_signatures_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^HOST=0\.0\.0\.0: "):
        check_exposure(Settings(host="0.0.0.0"))


def test_an_open_door_is_allowed_where_it_is_meant(caplog: pytest.LogCaptureFixture) -> None:
    check_exposure(Settings(host="0.0.0.0", allow_unsigned=True))
    assert "signatures=off" in caplog.text


def test_a_port_that_is_published_beyond_this_machine_needs_signatures() -> None:
    with pytest.raises(ConfigError, match=r"^PUBLISH=0\.0\.0\.0: "):
        check_exposure(Settings(host="0.0.0.0", publish="0.0.0.0"))


def test_a_port_that_is_published_on_this_machine_alone_needs_no_signatures(caplog: pytest.LogCaptureFixture) -> None:
    check_exposure(Settings(host="0.0.0.0", publish="127.0.0.1"))
    assert "signatures=off" in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_this_machine_needs_no_signatures(host: str) -> None:
    check_exposure(Settings(host=host))


def test_signatures_need_the_public_url() -> None:
    with pytest.raises(ConfigError, match=r"^PUBLIC_URL=''"):
        check_exposure(Settings(twilio_auth_token="12345"))


@pytest.mark.parametrize("shared", [False, True])
async def test_a_gateway_that_drains_listens_on_unless_others_share_its_port(shared: bool) -> None:
    running = Gateway(Settings(), None, None, shared=shared)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(running.serve(drain_s=60))
        async with caller(running) as socket:
            call = await running.call()
            running.draining.set()
            with pytest.raises(httpx.ConnectError) if shared else nullcontext():
                while (await get(running, "/readyz")).is_success:
                    pass
            await socket.send(media())
            await call.until(lambda call: bool(call.events))
            await socket.send(stop())
        await serving


async def test_a_cancelled_server_ends_at_once() -> None:
    running = Gateway(Settings(), None, None)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(running.serve(drain_s=60))
        while not (await get(running, "/healthz")).is_success:
            pass
        serving.cancel()
    assert serving.cancelled()

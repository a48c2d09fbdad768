"""What Twilio is told to do."""

from xml.etree import ElementTree

from gateway.telephony import twiml

BASE = "https://bot.example.org"


def test_a_call_is_connected_to_the_media_socket() -> None:
    stream = ElementTree.fromstring(twiml.connect(BASE, {})).find("Connect/Stream")
    assert stream is not None
    assert stream.attrib == {"url": "wss://bot.example.org/twilio/media", "statusCallback": BASE + "/twilio/stream-status"}


def test_twilio_asks_again_when_the_stream_ends() -> None:
    connect = ElementTree.fromstring(twiml.connect(BASE, {})).find("Connect")
    assert connect is not None
    assert connect.get("action") == BASE + "/twilio/after"


def test_plain_http_leads_to_a_plain_socket() -> None:
    assert 'url="ws://127.0.0.1:8080/twilio/media"' in twiml.connect("http://127.0.0.1:8080", {})


def test_parameters_travel_unharmed() -> None:
    told = {"token": "a-b_c", "name": "<\"&'> שלום"}
    found = ElementTree.fromstring(twiml.connect(BASE, told)).findall("Connect/Stream/Parameter")
    assert {one.get("name"): one.get("value") for one in found} == told


def test_asking_again_may_wait() -> None:
    assert [verb.tag for verb in ElementTree.fromstring(twiml.ask_again(BASE + "/twilio/voice?a=1&b=2", 4))] == ["Pause", "Redirect"]


def test_asking_again_names_the_webhook() -> None:
    assert ElementTree.fromstring(twiml.ask_again(BASE + "/twilio/voice?a=1&b=2")).findtext("Redirect") == BASE + "/twilio/voice?a=1&b=2"


def test_the_end_is_a_hangup() -> None:
    assert ElementTree.fromstring(twiml.hang_up()).find("Hangup") is not None


def test_hebrew_is_said_by_a_voice_that_speaks_it() -> None:
    said = ElementTree.fromstring(twiml.say_and_hang_up("שלום", "he")).find("Say")
    assert said is not None
    assert said.attrib == {"language": "he-IL", "voice": "Google.he-IL-Wavenet-A"}


def test_a_language_of_the_default_voice_needs_no_other() -> None:
    said = ElementTree.fromstring(twiml.say_and_hang_up("Goodbye", "en")).find("Say")
    assert said is not None
    assert said.attrib == {"language": "en-US"}


def test_a_call_rings_elsewhere_for_so_long() -> None:
    dial = ElementTree.fromstring(twiml.dial(BASE + "/twilio/after?a=1&b=2", "+97231234567", 20)).find("Dial")
    assert dial is not None
    assert (dial.attrib, dial.findtext("Number")) == ({"action": BASE + "/twilio/after?a=1&b=2", "timeout": "20"}, "+97231234567")


def test_another_number_than_the_callers_may_be_shown_there() -> None:
    assert ' callerId="+97245550100">' in twiml.dial(BASE, "+97231234567", 20, "+97245550100")

"""An agent's file: what is in it, and what is told of a fault."""

from pathlib import Path

import pytest

from common.agents.agent import decode, encode, reference
from common.agents.file import line_of, place_of, read
from common.config import Settings
from common.errors import ConfigError
from tests.common.agents.files import CLINIC, snapshot, write


def fault(folder: Path, text: str, **settings: str) -> str:
    """What is told of a file, without the folder."""
    path = write(folder, text)
    with pytest.raises(ConfigError) as told:
        read(path, Settings(**settings))  # type: ignore[arg-type]
    return str(told.value).removeprefix(f"{folder}/")


def test_a_file_needs_name_languages_gender_and_address_alone(tmp_path: Path) -> None:
    assert snapshot(tmp_path).agent.language == "he"


def test_an_agent_is_known_by_its_files_name(tmp_path: Path) -> None:
    assert snapshot(tmp_path).key == "clinic"


def test_rules_are_read_from_the_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "clinic.en.rules.toml").write_text("rule = []")
    assert snapshot(tmp_path, '[rules]\nen = "clinic.en.rules.toml"').rules == {"en": "rule = []"}


def test_a_file_of_rules_that_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert rules_fault(tmp_path, "[[rule]]\nname =").startswith("clinic.en.rules.toml:2: name: is not TOML")


HEBREW_HINT = "takes ״ in Hebrew abbreviations (ד״ר), or '…' around the text"


def test_a_quotation_mark_in_a_hebrew_word_is_told_with_what_to_write_instead(tmp_path: Path) -> None:
    told = fault(tmp_path, CLINIC + 'greeting = "שלום, מרפאת ד"ר כהן"')
    assert told.startswith("clinic.toml:6: greeting: is not TOML: ")
    assert HEBREW_HINT in told


def test_so_it_is_in_a_list_over_several_lines(tmp_path: Path) -> None:
    told = fault(tmp_path, CLINIC + 'vocabulary = [\n  "תור",\n  "ד"ר כהן",\n]')
    assert told.startswith("clinic.toml:8: vocabulary: is not TOML: ")
    assert HEBREW_HINT in told


@pytest.mark.parametrize("greeting", ['"שלום, מרפאת ד״ר כהן"', "'שלום, מרפאת ד\"ר כהן'"])
def test_a_hebrew_abbreviation_may_be_written_both_ways_that_are_told(tmp_path: Path, greeting: str) -> None:
    assert snapshot(tmp_path, f"greeting = {greeting}").agent.greeting in ("שלום, מרפאת ד״ר כהן", 'שלום, מרפאת ד"ר כהן')


def test_a_line_that_is_no_statement_names_no_key(tmp_path: Path) -> None:
    told = fault(tmp_path, CLINIC + 'greeting "Hi"')
    assert told.startswith("clinic.toml:6: is not TOML: ")
    assert told.endswith('takes key = value, with "…" around a text')


def test_the_mark_that_windows_sets_before_a_text_is_none_of_it(tmp_path: Path) -> None:
    assert read(write(tmp_path, "\ufeff" + CLINIC), Settings()).agent.name == "Galil clinic"


def test_so_a_place_in_such_a_file_is_its_line(tmp_path: Path) -> None:
    assert place_of(write(tmp_path, "\ufeff" + CLINIC), "gender") == f"{tmp_path / 'clinic.toml'}:4"


ASTRAY = "here (a key of the agent itself stands above the first [table]); takes"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('[hours]\nvoice = "nova"', "clinic.toml:7: hours.voice: there is no such key "),
        ('[hours.dates]\n"2026-12-31" = []\nvoice = []', "clinic.toml:8: hours.dates.voice: is no day "),
        ("[phrases]\ngreeting = {}", "clinic.toml:7: phrases.greeting: is no language of this agent "),
        ('[limits.leave_message]\ntimes = 1\ntools = ["hang_up"]', "clinic.toml:8: limits.leave_message.tools: there is no such key "),
    ],
)
def test_a_key_of_the_agents_that_stands_in_a_table_is_told_where_it_belongs(tmp_path: Path, more: str, told: str) -> None:
    assert fault(tmp_path, CLINIC + more).startswith(told + ASTRAY)


def test_a_file_in_another_encoding_is_told_with_line_and_key(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes((CLINIC.replace("עברית", "Ivrit").replace("אנגלית", "Anglit") + 'greeting = "שלום"').encode("cp1255"))
    with pytest.raises(ConfigError, match=r"clinic.toml:6: greeting: is not written in UTF-8; takes a file that was saved with"):
        read(path, Settings())


def test_rules_in_another_encoding_are_told_with_their_file(tmp_path: Path) -> None:
    (tmp_path / "clinic.en.rules.toml").write_bytes("# שלום\nrule = []".encode("cp1255"))
    with pytest.raises(ConfigError, match=r"clinic.en.rules.toml:1: is not written in UTF-8"):
        snapshot(tmp_path, '[rules]\nen = "clinic.en.rules.toml"')


RULE = '[[rule]]\nname = "a"\nhears = ["x"]\nsays = ["y"]\n'
NOTE = RULE + 'unsure = ["z"]\n'


def rules_fault(folder: Path, rules: str) -> str:
    """What is told of an agent with these rules."""
    (folder / "clinic.en.rules.toml").write_text(rules)
    return fault(folder, CLINIC + '[rules]\nen = "clinic.en.rules.toml"')


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("", "1: rule: is missing; takes tables [[rule]], each with name, hears, says"),
        ("rule = 5", "1: rule: 5 does not fit; takes tables: [[rule]]"),
        ("rule = [5]", "1: rule.1: 5 does not fit; takes a table"),
        (RULE + '\n[[rule]]\nname = "b"\nhears = ["x"]\n', "6: rule.2.says: is missing; takes wordings of the answer"),
        (RULE + '[[rule]]\nname = "b"\nhear = ["x"]\n', "7: rule.2.hear: there is no such key (is hears meant?); takes name, hears"),
        (RULE + "ends_call = 1", "5: rule.1.ends_call: 1 does not fit; takes whether the bot hangs up then: true or false"),
        (RULE + '\nafter = [\n  "day",\n]', "6: rule.1.after: there is no 'day'; takes any of none"),
        (RULE + "calls = {tool = 5}", "5: rule.1.calls.tool: 5 does not fit; takes the name of a tool"),
        (RULE + 'keys = {digits = "9"}', "5: rule.1.keys.digits: '9' does not fit; takes how many keys"),
        (NOTE + 'calls = {tool = "note"}', "6: rule.1.calls.tool: there is no 'note'; takes any of leave_message, look_up_time"),
        (RULE + 'calls = {tool = "leave_message"}', "1: rule.1.unsure: is missing; takes what is said where the tool fails"),
        (
            NOTE + 'calls = {tool = "leave_message", arguments = {text = "{day}"}}',
            "6: rule.1.calls.arguments.text: {day} in it is no slot; takes any of last, said, turn",
        ),
        (
            NOTE + 'calls = {tool = "leave_message", arguments = {words = "x"}}',
            "6: rule.1.calls.arguments.words: there is no 'words'; takes any of name, text",
        ),
        (RULE + 'needs = "hang_up"', "5: rule.1.needs: there is no 'hang_up'; takes any of leave_message"),
        (RULE + 'transfers = "office"', "5: rule.1.transfers: there is no 'office'; takes any of none"),
        (RULE.replace('"x"', '"{day} x"'), "3: rule.1.hears: {day} in it is no slot; takes any of none"),
        (RULE.replace('"y"', '"{result}"'), "4: rule.1.says: {result} in it is no slot; takes any of last, turn"),
        (RULE.replace('"y"', '"{last} {last}"'), "4: rule.1.says: {last} is in it more than once"),
        (RULE + '[slots.day]\nMonday = "mon"', "6: slots.day.Monday: 'mon' does not fit; takes values with other ways to say them"),
        (
            RULE + '[slots.day]\nbeside = ["okay"]',
            "6: slots.day.beside: there is no such value here (a key of the file itself stands above",
        ),
        ('beside = ["{day}"]\n' + RULE, "1: beside: '{day}' in it does not fit; takes words alone here"),
        (RULE + 'alone = true\nunless = ["*"]', "6: rule.1.unless: '*' in it does not fit"),
        (RULE.replace('"x"', '"*"') + "alone = true", "3: rule.1.hears: '*' in it does not fit; takes words alone here"),
        (RULE + "alone = 1", "5: rule.1.alone: 1 does not fit; takes whether nothing else may be said"),
        (RULE + "[slots.said]", "5: slots.said: takes a name in letters, digits and _"),
    ],
)
def test_a_fault_in_rules_is_told_with_their_file_line_key_and_what_is_expected(tmp_path: Path, rules: str, told: str) -> None:
    assert rules_fault(tmp_path, rules).startswith(f"clinic.en.rules.toml:{told}")


def test_rules_may_ask_call_and_fill_slots_in(tmp_path: Path) -> None:
    rules = """
[slots.day]
Monday = ["mon"]
[[rule]]
name = "a"
hears = ["{day}", "note"]
says = ["{result} on {day}"]
unsure = ["{day}?"]
calls = {tool = "leave_message", arguments = {text = "{said}, {day}"}}
asks = "more"
[[rule]]
name = "b"
after = ["more"]
hears = ["*"]
says = ["{last}"]
"""
    (tmp_path / "clinic.en.rules.toml").write_text(rules)
    assert snapshot(tmp_path, '[rules]\nen = "clinic.en.rules.toml"').rules == {"en": rules}


def test_rules_may_name_what_the_agents_file_brings(tmp_path: Path) -> None:
    (tmp_path / "clinic.en.rules.toml").write_text(f'{RULE}needs = "a"\n{RULE}transfers = "office"')
    office = '[transfers.office]\nnumber = "+97231234567"\nwhen = "people"\n'
    assert snapshot(tmp_path, f'{HOOKED}{office}[rules]\nen = "clinic.en.rules.toml"').agent.rules


def test_it_travels_as_it_is(tmp_path: Path) -> None:
    clinic = snapshot(tmp_path, '[hours]\nsunday = ["09:00-12:00"]\n[turns]\nmin_utt_sec = 0.9\n[phrases.en]\nfiller = "Wait"')
    assert decode(encode(clinic)) == clinic


def test_keys_that_a_newer_version_adds_are_ignored_on_the_way(tmp_path: Path) -> None:
    clinic = snapshot(tmp_path)
    assert decode(encode(clinic).replace(b'{"name"', b'{"newer":[1],"name"', 1).replace(b'{"agent"', b'{"more":1,"agent"')) == clinic


def test_another_text_is_another_reference(tmp_path: Path) -> None:
    one, other = snapshot(tmp_path), snapshot(tmp_path, 'instructions = "Be kind."')
    assert reference(one, encode(one)) != reference(other, encode(other))


HOOK = '[webhooks.a]\ndescription = "Does a."\nsecret = "S"\n'
HOOKED = HOOK + 'url = "https://x.example/"\n'


def test_a_webhook_is_a_tool_that_may_be_allowed_and_limited(tmp_path: Path) -> None:
    clinic = snapshot(tmp_path, f'tools = ["a"]\n[limits.a]\ntimes = 1\n{HOOKED}')
    assert clinic.agent.webhooks["a"].url == "https://x.example/"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("x = [1,", "clinic.toml:6: x: is not TOML: Invalid value"),
        ('gender = "male"', "clinic.toml:6: gender: is not TOML: Cannot overwrite a value"),
        ('greting = "Hi"', "clinic.toml:6: greting: there is no such key (is greeting meant?); takes name, languages,"),
        ('\n# said first\ngreeting = 5', "clinic.toml:8: greeting: 5 does not fit; takes the first words, in the first language"),
        ("spend_per_day_usd = -1", "clinic.toml:6: spend_per_day_usd: -1 does not fit; takes a number from 0, like 2.5: US dollars"),
        ('numbers = ["+97231234567", "03-1234567"]', "clinic.toml:6: numbers: '03-1234567' in it does not fit; takes the numbers that it"),
        ('tools = [\n  "look_up_time",\n  "send_money",\n]', "clinic.toml:6: tools: 'send_money' in it does not fit; takes what the model"),
        ("hours = 5", "clinic.toml:6: hours: 5 does not fit; takes a table: [hours]"),
        ('[hours]\nmonday = []\nsunday = "9-17"', "clinic.toml:8: hours.sunday: '9-17' does not fit; takes times like"),
        ('[hours]\nsunday = ["9:00-17:00"]', "clinic.toml:7: hours.sunday: '9:00-17:00' in it does not fit; takes times like"),
        ('[hours]\nsunday = ["17:00-09:00"]', "clinic.toml:7: hours.sunday: ['17:00-09:00'] is not in order; takes times that begin"),
        ('[hours]\nsunday = ["18:00-02:00", "10:00-12:00"]', "clinic.toml:7: hours.sunday: ['18:00-02:00', '10:00-12:00'] is not in order"),
        ('[hours]\nsunday = ["09:00-12:00", "11:00-15:00"]', "clinic.toml:7: hours.sunday: ['09:00-12:00', '11:00-15:00'] is not in order"),
        ('[hours]\ntime_zone = "Haifa"', "clinic.toml:7: hours.time_zone: 'Haifa' is no time zone; takes an IANA name"),
        ('[hours]\nholidays = "Israel"', "clinic.toml:7: hours.holidays: 'Israel' is no country whose holidays are known"),
        ('[hours.dates]\n"2026-12-31" = []\n"31.12." = []', "clinic.toml:8: hours.dates.31.12.: is no day; takes one like 2026-12-31, or"),
        ('[hours.dates]\n"2026-04-01..2026-04-31" = []', "clinic.toml:7: hours.dates.2026-04-01..2026-04-31: is no day; takes one like"),
        ('[hours.dates]\n"2026-04-01..02..03" = []', "clinic.toml:7: hours.dates.2026-04-01..02..03: is no day; takes one like"),
        ('[hours.dates]\n"2026-04-08..2026-04-01" = []', "clinic.toml:7: hours.dates.2026-04-08..2026-04-01: ends before it begins"),
        ('[hours.dates]\n"2026-04-01..2026-04-08" = ["9"]', "clinic.toml:7: hours.dates.2026-04-01..2026-04-08: '9' in it does not fit"),
        (
            '[hours.dates]\n"2026-04-08..2026-04-10" = []\n"2026-04-01..2026-04-08" = []',
            "clinic.toml:7: hours.dates.2026-04-08..2026-04-10: has days in common with 2026-04-01..2026-04-08; takes ranges apart",
        ),
        ('[pronunciations]\n"MRI" = "em"\ngreeting = "Hi"', "clinic.toml:8: pronunciations.greeting: does nothing here (a key of the"),
        ('[hours.dates]\n"20261231" = []', "clinic.toml:7: hours.dates.20261231: is no day; takes one like 2026-12-31"),
        ("[turns]\nmin_utt_sec = 9", "clinic.toml:7: turns.min_utt_sec: '9': takes a number from 0.4 to 5"),
        ("[turns]\nport = 80", "clinic.toml:7: turns.port: there is no such key; takes min_utt_sec"),
        ('[turns]\nuninterruptible = "greting"', "clinic.toml:7: turns.uninterruptible: 'greting': greting is no fixed phrase; takes any"),
        ('[turns]\nuninterruptible = ["greeting"]', "clinic.toml:7: turns.uninterruptible: "),
        ('greeting = "Hi {name}"', "clinic.toml:6: greeting: {name} in it would be spoken as it stands; variables of [lookup] go into"),
        ('[phrases.en]\nfiller = "A moment, {name}"', "clinic.toml:7: phrases.en.filler: {name} in it would be spoken as it stands"),
        (
            HOOKED + '[phrases.en.tools]\na = "A moment, {name}"',
            "clinic.toml:11: phrases.en.tools.a: {name} in it would be spoken as it stands",
        ),
        ('instructions = "Be kind to {name}."', "clinic.toml:6: instructions: {name} in it is filled by nothing; takes a [lookup]"),
        ('[hours]\nholiday_eves = ["08:00-12:00"]', "clinic.toml:7: hours.holiday_eves: does nothing without holidays"),
        ('[turns]\nendpointing = "magic"', "clinic.toml:7: turns.endpointing: 'magic': takes one of words, fixed"),
        ('[phrases.en]\nfiller = ["a"]', "clinic.toml:7: phrases.en.filler: ['a'] does not fit; takes said when the answer takes long"),
        ('[phrases.fr]\nfiller = "Un moment"', "clinic.toml:6: phrases.fr: is no language of this agent; takes any of he, en"),
        ('voice = "he-IL-Chirp3-HD-Puck"', "clinic.toml:6: voice: he-IL-Chirp3-HD-Puck is a male voice, and the bot speaks"),
        ('[models]\ntts = "tts-1"', "clinic.toml:7: models.tts: goes with a voice of this file alone"),
        ('voice = "he-IL-Wavenet-B"', "clinic.toml:6: voice: he-IL-Wavenet-B is a male voice"),
        ("[limits.hang_down]\ntimes = 1", "clinic.toml:6: limits.hang_down: there is no such tool that has limits; takes"),
        ("[limits.hang_up]\ntimes = 1", "clinic.toml:6: limits.hang_up: there is no such tool that has limits; takes"),
        ('[limits.transfer]\nnumbers = ["*"]', "clinic.toml:7: limits.transfer.numbers: does not go with it: whom it goes to stands in"),
        (HOOKED + '[limits.a]\narguments = {b = "x"}', "clinic.toml:11: limits.a.arguments.b: is no parameter of it; takes any of"),
        ('[limits.leave_message.arguments]\ntexts = "x"', "clinic.toml:7: limits.leave_message.arguments.texts: is no parameter"),
        (HOOK + 'url = "https://x.example:99999/"', "clinic.toml:9: webhooks.a.url: 'https://x.example:99999/' does not fit"),
        ("[limits.leave_message]\ntimes = 0", "clinic.toml:7: limits.leave_message.times: 0 does not fit; takes how often a tool"),
        ('[limits.leave_message.arguments]\ntext = "("', "clinic.toml:7: limits.leave_message.arguments.text: '(' is no regular"),
        ('[webhooks.a]\nurl = "https://x.example/"\nsecret = "S"', "clinic.toml:6: webhooks.a.description: is missing; takes what it does"),
        (HOOK + 'url = "http://x.example/"', "clinic.toml:9: webhooks.a.url: 'http://x.example/' does not fit; takes an address with https://"),
        (HOOK + 'url = "https://["', "clinic.toml:9: webhooks.a.url: 'https://[' does not fit"),
        (HOOK + 'url = "https://10.0.0.256/"', "clinic.toml:9: webhooks.a.url: 'https://10.0.0.256/' does not fit"),
        ('[report]\nurl = "https://מרפאה_שלי.co.il/"\nsecret = "S"', "clinic.toml:7: report.url: 'https://מרפאה_שלי.co.il/' does not fit"),
        (HOOK + 'url = "file:///etc/passwd"', "clinic.toml:9: webhooks.a.url: 'file:///etc/passwd' does not fit"),
        (HOOKED + 'method = "PUT"', "clinic.toml:10: webhooks.a.method: 'PUT' does not fit; takes \"POST\" or \"GET\""),
        (HOOKED + "timeout_s = 60", "clinic.toml:10: webhooks.a.timeout_s: 60 does not fit; takes how long an answer may take"),
        (HOOKED + '[webhooks.a.parameters]\nif = {description = "x"}', "clinic.toml:11: webhooks.a.parameters.if: takes a name in small"),
        (
            HOOKED + '[webhooks.a.parameters.b]\ndescription = "x"\ntype = "number"\none_of = ["1"]',
            'clinic.toml:13: webhooks.a.parameters.b.one_of: goes with type = "text" alone',
        ),
        (HOOKED.replace("webhooks.a", "webhooks.hang_up"), "clinic.toml:6: webhooks.hang_up: takes a name of its own in small letters"),
        ('[lookup]\nurl = "http://x.example/"\nsecret = "S"\nvariables = {}', "clinic.toml:7: lookup.url: 'http://x.example/'"),
        (
            '[lookup]\nurl = "https://x.example/"\nsecret = "S"\nvariables = {"caller name" = ""}',
            "clinic.toml:9: lookup.variables.caller name: takes a name in small",
        ),
        ('[lookup]\nurl = "https://x.example/"\nsecret = "s"\nvariables = {}', "clinic.toml:8: lookup.secret: 's' does not fit; takes the"),
        (
            'instructions = "Be kind to {nmae}, {name}."\n[lookup]\nurl = "https://x.example/"\nsecret = "S"\nvariables = {name = "x"}',
            "clinic.toml:6: instructions: {nmae} in it is no variable of [lookup]; takes any of name",
        ),
        (
            'instructions = "Be kind to {name, who calls."\n[lookup]\nurl = "https://x.example/"\nsecret = "S"\nvariables = {name = "x"}',
            "clinic.toml:6: instructions: {name in it has no brace behind the name; takes {name}",
        ),
        ('[functions]\nfind = "find_order"', "clinic.toml:7: functions.find: 'find_order' does not fit; takes tools that are written in"),
        (HOOKED + '[functions]\na = "b:C"', "clinic.toml:6: webhooks.a: takes a name of its own"),
        ('[rules]\nhe = "none.toml"', "clinic.toml:7: rules.he: 'none.toml' cannot be read"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_file_line_key_and_what_is_expected(tmp_path: Path, more: str, told: str) -> None:
    assert fault(tmp_path, CLINIC + more).startswith(told)


@pytest.mark.parametrize("night", ["18:00-02:00", "20:00-00:00", "19:00-07:00"])
def test_the_last_times_of_a_day_may_end_on_the_next(tmp_path: Path, night: str) -> None:
    assert snapshot(tmp_path, f'[hours]\nfriday = ["09:00-12:00", "{night}"]').agent.hours is not None


def test_of_several_languages_each_has_words_by_which_it_is_asked_for(tmp_path: Path) -> None:
    told = fault(tmp_path, CLINIC.replace("en = [", "he-IL = ["))
    assert told.startswith("clinic.toml:2: languages: 'en' in it is none of [switch]; of several, each takes what a caller says")


def test_a_language_that_nobody_may_ask_for_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, CLINIC.replace('["English please", "אנגלית"]', "[]"))
    assert read(path, Settings()).agent.switch["en"] == ()


def test_words_for_a_language_that_the_agent_does_not_speak_are_told(tmp_path: Path) -> None:
    assert fault(tmp_path, CLINIC.replace("en = [", "fr = [")).startswith("clinic.toml:3: switch.fr: is no language of this agent")


def test_a_key_that_is_missing_is_told_with_what_it_takes(tmp_path: Path) -> None:
    assert fault(tmp_path, 'name = "x"').startswith('clinic.toml:1: languages: is missing; takes BCP 47 tags like ["he", "en"]')


def test_the_voice_of_the_settings_is_checked_where_the_file_names_none(tmp_path: Path) -> None:
    told = fault(tmp_path, CLINIC, tts_vendor="google", tts_voice="he-IL-Chirp3-HD-Charon")
    assert told.startswith("clinic.toml:4: gender: he-IL-Chirp3-HD-Charon is a male voice")


def test_openais_voice_is_checked_where_it_speaks(tmp_path: Path) -> None:
    told = fault(tmp_path, CLINIC, tts_vendor="openai", tts_openai_voice="onyx")
    assert told.startswith("clinic.toml:4: gender: onyx is a male voice")


def test_a_voice_of_google_does_not_excuse_openais(tmp_path: Path) -> None:
    told = fault(tmp_path, CLINIC + 'voice = "he-IL-Chirp3-HD-Kore"', tts_vendor="openai", tts_openai_voice="echo")
    assert told.startswith("clinic.toml:4: gender: echo is a male voice")


@pytest.mark.parametrize("vendor", ["google", "openai", "local"])
def test_an_agents_own_voice_is_checked_whoever_speaks(tmp_path: Path, vendor: str) -> None:
    told = fault(tmp_path, CLINIC + 'voice = "ash"', tts_vendor=vendor)
    assert told.startswith("clinic.toml:6: voice: ash is a male voice")


@pytest.mark.parametrize("voice", ["alloy", "fable", "coral", "marin"])
def test_a_voice_of_openais_of_which_nobody_says_whose_it_is_is_taken(tmp_path: Path, voice: str) -> None:
    assert snapshot(tmp_path, f'voice = "{voice}"', Settings(tts_vendor="openai")).agent.voice == voice


def test_a_name_that_no_chirp_voice_has_is_told_with_the_one_that_is_meant(tmp_path: Path) -> None:
    told = fault(tmp_path, CLINIC + 'voice = "en-US-Chirp3-HD-Pukc"')
    assert told.startswith("clinic.toml:6: voice: 'en-US-Chirp3-HD-Pukc': Chirp 3 HD has no Pukc (is Puck meant?); takes any of Achernar, ")


def test_a_voice_that_nobody_knows_is_taken(tmp_path: Path) -> None:
    assert snapshot(tmp_path, 'voice = "fr-FR-Wavenet-A"').agent.voice == "fr-FR-Wavenet-A"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.toml", Settings())


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2", ("b",), 2),
        ('a = """\nb = 2\n"""\nb = 2', ("b",), 4),
        ("a = [\n  1,\n]\n\n# c\n[t]\nb = 1", ("t", "b"), 7),
        ("[t]\na = 1\n[t.u]\nb = 1", ("t", "u", "b"), 4),
        ("a = 1\n[t]\nb = 1", ("t", "c"), 2),
        ("a = 1", ("c",), 1),
    ],
)
def test_the_line_of_a_key_is_where_its_statement_begins(text: str, path: tuple[str, ...], line: int) -> None:
    assert line_of(text, path) == line

"""What others published under the same names, each with its source and what differs. None of it was measured here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Panel:
    """τ-voice's panel of one system, over all domains unless it says otherwise: the mean of the domains' figures."""

    system: str
    l_r_s: float
    l_y_s: float
    r_r: float
    r_y: float
    i_a: float
    s_bc: float
    s_vt: float
    s_nd: float
    events: tuple[int, int, int, int]
    """Interruptions, backchannels, vocal tics, non-directed speech; of all domains together."""
    source: str
    why: str
    """It is among those that were chosen."""
    standard: bool = True
    """Of all three domains, and not sent in as custom."""

    @property
    def ignored(self) -> float:
        """Mean of the three shares of what is to be talked through."""
        return (self.s_bc + self.s_vt + self.s_nd) / 3


_SUBMISSIONS = "sierra-research/tau2-bench, web/leaderboard/public/submissions"
CASCADE = Panel(
    "AI Rudder Voice (cascade)", 2.70, 1.18, 0.970, 0.932, 0.396, 0.867, 0.560, 0.333, (1627, 63, 331, 152),
    f"{_SUBMISSIONS}/ai-rudder-voice-standard_voyager_2026-09-26 (run by its makers, not reviewed yet)",
    "the cascade that yields best",
)  # fmt: skip
YIELDING = Panel(
    "gpt-realtime-2", 1.94, 0.61, 0.970, 0.998, 0.210, 0.011, 0.113, 0.203, (2223, 143, 336, 405),
    f"{_SUBMISSIONS}/gpt-realtime-2_openai_2026-06-24 (user simulator 2.0)",
    "yields best over all domains",
)  # fmt: skip
IGNORING = Panel(
    "gpt-live-1", 2.54, 1.08, 0.955, 0.359, 0.220, 0.989, 0.588, 0.457, (1476, 47, 418, 287),
    f"{_SUBMISSIONS}/gpt-live-1-diamond-alpha_openai_2026-09-09",
    "ignores best of those that count as standard",
)  # fmt: skip
TAU_VOICE = (
    CASCADE,
    Panel(
        "Pine Voice Preview (cascade; custom)", 2.14, 1.13, 0.927, 0.455, 0.469, 0.971, 0.532, 0.492, (3745, 222, 636, 291),
        f"{_SUBMISSIONS}/pine-voice-preview-user-sim-v1-0_pineai_2026-08-17",
        "another cascade",
        standard=False,
    ),
    YIELDING,
    Panel(
        "gpt-realtime-1.5 (retail alone)", 1.44, 0.62, 0.998, 1.000, 0.200, 0.040, 0.060, 0.150, (566, 77, 83, 134),
        "sierra-research/tau2-bench, docs/leaderboard-submission.md, where it stands as the example",
        "yields best of all, in one domain",
        standard=False,
    ),
    IGNORING,
    Panel(
        "gpt-live-1, user simulator of GPT-5.5 (custom)", 2.53, 1.05, 0.921, 0.339, 0.196, 0.886, 0.616, 0.571, (2077, 39, 721, 541),
        f"{_SUBMISSIONS}/gpt-live-1-diamond-alpha-user-sim-gpt-5-5_openai_2026-09-09",
        "ignores best of all",
        standard=False,
    ),
    Panel(
        "Gemini 3.5 Flash Live, low", 1.44, 0.78, 0.985, 0.532, 0.163, 0.833, 0.389, 0.198, (2149, 80, 314, 206),
        f"{_SUBMISSIONS}/gemini-3-5-flash-live-preview-thinking-low_google_2026-08-03",
        "in between",
    ),
    Panel(
        "Gemini 3.5 Flash-Lite Live, high", 2.04, 0.83, 0.973, 0.499, 0.122, 0.958, 0.414, 0.327, (953, 58, 209, 139),
        f"{_SUBMISSIONS}/gemini-3-5-flash-lite-live-preview-thinking-high_google_2026-08-03",
        "in between",
    ),
)  # fmt: skip
TAU_VOICE_CHOICE = (
    f"A choice of {len(TAU_VOICE)} from some twenty submissions, of those whose figures could be read: "
    f"{'; '.join(f'{each.system}: {each.why}' for each in TAU_VOICE)}. LiveKit's own cascade had no panel where it was read"
)
TAU_VOICE_RULES = "sierra-research/tau2-bench, docs/interaction-metrics.md, metric code 1.0; arXiv 2603.13686"
TAU_VOICE_DIFFERS = (
    "there one simulated caller talks freely, on tasks, in ticks of 200 ms, by an English voice model with noise; "
    "here each event is one call, its begin is known to 20 ms, the voices are recordings over mu-law, and vocal noises are synthesised",
    "there R_R has no window, the caller speaks again when patience ends; here both that and 2 s are told, and who is not answered until "
    "the call ends, 5 s later, was not answered",
    "there a turn is whatever the caller says and the bot yields to; here utterances, answers and interruptions are, "
    "those of a word or two not",
    "there I_A counts each time that the bot begins over any sound of the caller's side, nods and noises included; here over turns, "
    "most of which have no pause: so beside it stands the same of utterances, most of which have one",
    "there R_R and L_R leave out a turn at whose end the system speaks; here it was answered, too early: "
    "these are the latencies below zero",
    "there a pause ends a stretch of the caller's speech, and whoever begins in it interrupted nobody (I_A); here pauses within a turn are "
    "the caller's",
    "there a response to the caller's words takes the vendors' and the tools' time, too; here what is told: none, or the guide's",
    "there a vocal tic is 'um' or 'uh' of a voice model, and coughs are background that nothing is scored by; "
    "here it is a cough, a cleared throat, a sneeze, a breath",
    "there speech that is not meant for the bot is 'hold on', said to somebody else, muffled; here it is others' speech",
    "there silence is looked for in ticks of 200 ms of the call; here in any 200 ms of the same windows, which is a little harder on who "
    "ignores and easier on who yields (*R_Y, ticks* has it their way), and L_Y is told to 20 ms; beside the others' figures it stands by "
    "ticks, which are laid from the onset on",
    "there noises and others' speech to a silent bot are scored by whether it answers them; here all of them are over the bot, and one "
    "that met a silent bot had no occasion",
    "there a figure over all domains is the mean of the domains', here of all events: AI Rudder's S_BC of .867 is 17 of 17, 41 of 41 "
    "and 3 of 5, which is 61 of 63 events",
    "there a rate takes 10 events (less in a domain counts in the mean all the same), here 30",
)


@dataclass(frozen=True, slots=True)
class EndOfTurn:
    """A row of eot-bench's English table: false cut-offs at 300 and 600 ms, latency at 5 and 10 %; None: no setting reached it."""

    system: str
    at_300: float | None
    at_600: float | None
    latency_s: float
    at_10_s: float
    """Latency at 10 %."""


EOT_BENCH = (
    EndOfTurn("LiveKit Turn Detector v1", 0.099, 0.045, 0.543, 0.295),
    EndOfTurn("Baton", 0.123, 0.048, 0.577, 0.350),
    EndOfTurn("Deepgram Flux", 0.129, 0.099, 1.151, 0.548),
    EndOfTurn("ultraVAD", 0.277, 0.119, 0.899, 0.663),
    EndOfTurn("Gradium", 0.556, 0.126, 0.913, 0.656),
    EndOfTurn("LiveKit Turn Detector v1-mini", 0.278, 0.121, 1.070, 0.698),
    EndOfTurn("SmartTurn v3.2", 0.352, 0.148, 1.051, 0.739),
    EndOfTurn("AssemblyAI", 0.494, 0.146, 1.049, 0.713),
    EndOfTurn("Soniox", None, 0.055, 0.647, 0.512),
    EndOfTurn("Cartesia Ink 2", None, None, 1.056, 0.911),
    EndOfTurn("OpenAI GPT Realtime 2", None, None, 1.143, 0.824),
    EndOfTurn("silence alone (their VAD baseline)", 0.556, 0.217, 1.600, 1.000),
)
EOT_BENCH_SOURCE = "livekit/eot-bench, README.md (table of English models) and eot_harness/metrics.py"
EOT_BENCH_DIFFERS = (
    "there pauses are real ones from 0.1 s on, most of them short, each a decision of its own; here they are put between words, 0.4-1.0 s, "
    "which is harder below 1 s and easier beyond: compare with the row of silence alone of the same table",
    "there a model's policy has threshold, delay and timeout and is swept over 5,454 of them; here ours is the settings that are listed",
    "there the models' own time does not count; here the same, since vendors take none in this run",
    "there a timeout ends each turn; here an end that was never committed is left out of the latency, and told as one (*end*)",
)


@dataclass(frozen=True, slots=True)
class Takeover:
    """Full-Duplex-Bench, pauses: share of turns that were taken over."""

    system: str
    synthetic: float
    candor: float


FULL_DUPLEX_BENCH = (
    Takeover("Gemini Live", 0.255, 0.310),
    Takeover("Freeze-Omni", 0.642, 0.481),
    Takeover("dGSLM", 0.934, 0.935),
    Takeover("Moshi", 0.985, 0.980),
)
FULL_DUPLEX_BENCH_SOURCE = "arXiv 2503.04721v3, table III; pauses of 0.4-1.0 s"
FULL_DUPLEX_BENCH_DIFFERS = (
    "there a reply counts from its words (more than 3, or 1 s), wherever it is in the answer's recording; "
    "here any sound of the bot before the caller is done counts, be it of 60 ms: which is stricter",
)
EVA_SOURCE = "ServiceNow/eva, pull request 95 (turn-taking v0.2); formulas as in tau2-bench, src/tau2/metrics/turn_taking.py"
EVA_DIFFERS = (
    "no system's figure of version 0.2 was found in public; before it the score was the share of answers after 0.2-4.0 s",
    "there whole conversations with tools are scored; here no tool runs, and a turn is an utterance, an answer, or an interruption, "
    "of a word, too",
    "there an answer has all points from 0 s on in that code; here from 0.5 s on, rising from -0.5 s, as in the formulas: "
    "which is stricter",
)

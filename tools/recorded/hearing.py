"""A detector, and the guard against the bot's echo, for the frames of a recorded call: who would have heard what."""

from collections.abc import Iterable, Mapping

from common import config
from common.audio import mulaw_to_pcm
from gateway.playout import Mark
from gateway.records.format import RecordError
from gateway.turn.events import FrameHeard
from gateway.vad.choice import choose_detector
from gateway.vad.hangover import OnsetRule
from gateway.vad.self_echo import NoGuard, SelfEcho

HEARING_SETTINGS = ("VAD", "VAD_RMS", "SELF_ECHO_GUARD")
"""What of the settings is about hearing."""


class Hearing:
    """Hears one call anew."""

    def __init__(self, changes: Mapping[str, str]) -> None:
        """As the gateway would hear with these settings.

        Raises:
            ConfigError: one of them is bad.
            SetupError: the detector is not on this machine.
        """
        settings = config.load(config.environment() | dict(changes))
        self._detector = choose_detector(settings)()
        self._guard = SelfEcho(self._detector.onset) if settings.self_echo_guard else NoGuard()

    @property
    def onset(self) -> OnsetRule:
        """What an onset takes with this detector."""
        return self._detector.onset

    def frame(self, sound: bytes, level: int, now: float) -> FrameHeard:
        """What is heard of a frame.

        Raises:
            RecordError: the record has no sound.
        """
        if not sound:
            raise RecordError("has no sound (a simulated call has levels only): no detector can hear it")
        pcm = mulaw_to_pcm(sound)
        speech = self._detector.is_speech(pcm, level)
        return FrameHeard(speech and not self._guard.is_echo(pcm, level, speech, now), level)

    def played(self, items: Iterable[bytes | Mark], until: float) -> None:
        """The bot's sound leaves."""
        frames = [item for item in items if isinstance(item, bytes)]
        if frames:
            self._guard.played(frames, until)

    def cleared(self, now: float) -> None:
        """Some of it will not be heard."""
        self._guard.cleared(now)

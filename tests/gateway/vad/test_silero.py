"""Which sound the network is given, and what becomes of its answers."""

import numpy as np

from gateway.vad.silero import FLOOR_RMS, SileroDetector, State

FRAME_SAMPLES = 160
CONTEXT, WINDOW = 32, 256
LOUD, QUIET = FLOOR_RMS + 1, FLOOR_RMS
KEPT_SAMPLES = CONTEXT + 8 * WINDOW


class FakeNetwork:
    """Writes down what it is given; its state counts the windows since silence."""

    def __init__(self, *probabilities: float) -> None:
        self.silence: State = np.zeros((2, 1, 128), dtype=np.float32)
        self.heard: list[tuple[list[int], int]] = []
        """Samples, and the state before them."""
        self._probabilities = list(probabilities)

    def listen(self, sound: bytes, state: State) -> tuple[float, State]:
        self.heard.append(([int(sample) for sample in np.frombuffer(sound, "<i2")], int(state[0, 0, 0])))
        return self._probabilities.pop(0) if self._probabilities else 0.0, state + 1

    @property
    def windows(self) -> list[list[int]]:
        return [samples for samples, _ in self.heard]


class NumberedLine:
    """A line whose samples are numbered from 1."""

    def __init__(self, network: FakeNetwork) -> None:
        self.detector = SileroDetector(network)
        self.samples = 0

    def frames(self, count: int, level: int = LOUD) -> list[bool]:
        return [self._frame(level) for _ in range(count)]

    def _frame(self, level: int) -> bool:
        first = self.samples + 1
        self.samples += FRAME_SAMPLES
        return self.detector.is_speech(np.arange(first, first + FRAME_SAMPLES, dtype="<i2").tobytes(), level)


def numbers(first: int, count: int) -> list[int]:
    return list(range(first, first + count))


def test_windows_lie_end_to_end_each_with_the_samples_before_it() -> None:
    network = FakeNetwork()
    NumberedLine(network).frames(8)
    first, *others = network.windows
    assert first == [0] * CONTEXT + numbers(1, WINDOW)
    assert others == [numbers(1 + number * WINDOW - CONTEXT, CONTEXT + WINDOW) for number in range(1, 5)]


def test_a_frame_is_what_the_newest_whole_window_says() -> None:
    line = NumberedLine(FakeNetwork(0.9, 0.1, 0.6, 0.5, 0.7))
    assert line.frames(8) == [False, True, True, False, True, True, False, True]


def test_the_state_goes_from_window_to_window() -> None:
    network = FakeNetwork()
    NumberedLine(network).frames(8)
    assert [state for _, state in network.heard] == [0, 1, 2, 3, 4]


def test_below_the_floor_nothing_runs_and_nothing_is_speech() -> None:
    network = FakeNetwork(*[0.9] * 99)
    assert (NumberedLine(network).frames(50, QUIET), network.heard) == ([False] * 50, [])


def test_a_quiet_frame_amid_speech_is_no_speech() -> None:
    line = NumberedLine(FakeNetwork(*[0.9] * 99))
    line.frames(8)
    assert line.frames(1, QUIET) + line.frames(1) == [False, True]


def test_after_a_short_gap_the_network_has_heard_all_of_the_line() -> None:
    awake, slept = FakeNetwork(), FakeNetwork()
    NumberedLine(awake).frames(40)
    line = NumberedLine(slept)
    line.frames(20)
    line.frames(10, QUIET)
    line.frames(10)
    assert slept.heard == awake.heard


def test_after_a_long_gap_it_starts_afresh_with_the_last_quarter_of_a_second() -> None:
    network = FakeNetwork()
    line = NumberedLine(network)
    line.frames(20)
    network.heard.clear()
    line.frames(50, QUIET)
    line.frames(1)
    assert [state for _, state in network.heard] == list(range(8))
    assert network.windows[0] == numbers(1 + 70 * FRAME_SAMPLES - KEPT_SAMPLES, CONTEXT + WINDOW)


def test_calls_share_the_network_and_not_their_sound() -> None:
    network = FakeNetwork()
    for _ in range(2):
        NumberedLine(network).frames(2)
    assert network.heard[0] == network.heard[1]

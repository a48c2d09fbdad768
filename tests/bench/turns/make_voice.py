"""``python -m tests.bench.turns.make_voice``: speak what the bot says on the stage, anew.

The local voice (piper's ``joe``, whose data are CC0) speaks each sentence and fixed phrase into ``tests/data/bot``, as raw mu-law at 8 kHz.
A voice model is random, so another run makes other sound, and every outcome changes a little: it is run when the texts change.
"""

import asyncio
import sys

from common import config
from common.phrases import phrases
from tests.bench.turns.stage_settings import PLAIN
from tests.bench.turns.stage_voice import FOLDER, PHRASES, SENTENCES
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.local import LocalVoice

_LANGUAGE = "en"


async def main() -> None:
    """Speak and write all of it."""
    voice = LocalVoice(config.load())
    texts = {f"sentence_{number}": text for number, text in enumerate(SENTENCES)}
    texts |= {name: getattr(phrases(PLAIN, _LANGUAGE), name) for name in PHRASES}
    for name, text in texts.items():
        pieces = [piece async for piece in voice.synthesise(SpeechRequest(text=text, language=_LANGUAGE))]
        sound = b"".join(pieces)
        (FOLDER / f"{name}.ulaw").write_bytes(sound)
        sys.stdout.write(f"{name} {len(sound) / 8000:.1f} s\n")
    await voice.close()


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    asyncio.run(main())

"""``python -m tools.timeline RECORD OUT.svg``: a recorded call, real or simulated, as one picture.

From above: turns with their ends, what was decided, the caller's sound with the floor below it, the pieces that were
transcribed, what was to be said, the bot's state, what the caller heard of it, marks, epochs.

With ``--waterfall``: of each wait of the caller's the steps that it consisted of (``gateway/waterfall.py``).
"""

import argparse
import sys
from collections.abc import Sequence
from math import inf
from pathlib import Path

from common.command_line import EXIT_USAGE, Parser
from common.errors import SetupError
from gateway.records.format import RecordError
from tools.drawing import save
from tools.recorded import waterfall
from tools.recorded.rerun import read
from tools.recorded.scene import draw
from tools.recorded.story import tell

EXIT_DRAWN = 0
_LEAST_S = 0.1


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = Parser(prog="python -m tools.timeline", description="Draw a recorded call.")
    made.add_argument("record", type=Path, help="a file of RECORD_DIR, or of python -m tests.sim SEED --record")
    made.add_argument("out", type=Path, help="the picture: .svg, or .png (which takes the package resvg-py)")
    made.add_argument("--from", dest="begin_s", type=float, default=0.0, metavar="S", help="begin so many seconds into the call")
    made.add_argument("--title", help="stands above it; default: the call's key")
    made.add_argument("--waterfall", action="store_true", help="draw where the time of each wait went, of all of the call")
    made.add_argument("--to", dest="end_s", type=float, default=inf, metavar="S", help="and end there; default: all of it")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw it; the exit code."""
    options = parser().parse_args(arguments)
    try:
        if options.out.suffix not in (".svg", ".png"):
            raise ValueError(f"{options.out}: takes a name that ends in .svg or .png")
        if options.waterfall and (options.begin_s, options.end_s) != (0.0, inf):
            raise ValueError("--waterfall is of all of the call: takes neither --from nor --to")
        record = read(options.record)
        if options.waterfall:
            save(waterfall.draw(record, options.title or ""), options.out)
            return EXIT_DRAWN
        story = tell(record)
        begin_s, end_s = options.begin_s, min(options.end_s, story.seconds)  # of nan it is nan
        if not _LEAST_S <= end_s - begin_s <= story.seconds:
            raise ValueError(f"--from {begin_s:g} --to {end_s:g}: takes a stretch of the call, which lasted {story.seconds:.1f} s")
        save(draw(story, begin_s, end_s, options.title or ""), options.out)
        if story.bug:
            sys.stderr.write(f"{story.bug}\n")
    except (OSError, RecordError, SetupError, ValueError) as error:
        sys.stderr.write(f"tools.timeline: {error}\n")
        return EXIT_USAGE
    return EXIT_DRAWN


if __name__ == "__main__":
    sys.exit(main())

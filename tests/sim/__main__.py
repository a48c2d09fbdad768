"""``python -m tests.sim FIRST LAST`` runs the random calls of these seeds; ``python -m tests.sim SEED`` shows one.

``--record FILE`` leaves the record of the one, for ``tools.replay`` and ``tools.timeline``.
"""

import argparse
import sys
from pathlib import Path

from tests.sim.calls import run_calls, trace_of

parser = argparse.ArgumentParser(prog="python -m tests.sim", description="Random calls through the core.")
parser.add_argument(
    "seeds", metavar="SEED", type=int, nargs="+", help="one seed: show that call; two: run all calls from the first to before the second"
)
parser.add_argument("--record", type=Path, metavar="FILE", help="write the record of the one call")
options = parser.parse_args()
lines = run_calls(range(*options.seeds)).lines() if len(options.seeds) == 2 else trace_of(options.seeds[0], options.record)
sys.stdout.write("\n".join(lines) + "\n")

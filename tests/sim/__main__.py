"""``python -m tests.sim FIRST LAST`` runs the random calls of these seeds; ``python -m tests.sim SEED`` shows one."""

import sys

from tests.sim.calls import run_calls, trace_of

seeds = [int(word) for word in sys.argv[1:]]
lines = run_calls(range(*seeds)).lines() if len(seeds) == 2 else trace_of(seeds[0])
sys.stdout.write("\n".join(lines) + "\n")

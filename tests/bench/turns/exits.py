"""Exit codes of the bench's commands, and how what is missing is told: in a line, without a traceback."""

import sys
from collections.abc import Callable

from common.errors import SetupError
from tests.bench.turns.stage import StageError

EXIT_FINE, EXIT_REGRESSED, EXIT_NOT_PLAYED = 0, 1, 2


def exit_code(do: Callable[[], int]) -> int:
    """That of ``do``; ``EXIT_NOT_PLAYED`` where something cannot be fetched, or a call met with a bug."""
    try:
        return do()
    except (SetupError, StageError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_NOT_PLAYED

"""``python -m tools.lifeline MODULE …``: runs a module that ends with whoever started it.

Its standard input is the lifeline: a pipe that the launcher holds and never writes to. When
the launcher is gone, however it died, the pipe closes and the module gets TERM. That works
where no signal from a dying parent exists (macOS), and no process has to watch another.
"""

import os
import runpy
import signal
import sys
import threading

_STDIN = 0


def main(arguments: list[str]) -> None:
    """Runs ``arguments[0]`` in this process, as ``python -m`` would."""
    threading.Thread(target=_end_with_the_launcher, name="lifeline", daemon=True).start()
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def _end_with_the_launcher() -> None:
    os.read(_STDIN, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])

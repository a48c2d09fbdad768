"""``python -m tools.supervise …``: supervisord that ends with whoever started it.

Its standard input is a lifeline: a pipe that the launcher holds and never writes to. When the
launcher is gone, however it died, the pipe closes and supervisord ends as on TERM, and with
it, in order, everything that it started.
"""

import os
import signal
import sys
import threading

from supervisor import supervisord

_STDIN = 0


def _end_with_the_launcher() -> None:
    os.read(_STDIN, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Runs supervisord in this process."""
    threading.Thread(target=_end_with_the_launcher, name="lifeline", daemon=True).start()
    supervisord.main(sys.argv[1:])


if __name__ == "__main__":
    main()

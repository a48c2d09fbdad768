"""``make run``: the launcher's command line, and who asks it to end.

Signals are taken first of all; the rest is imported after that, since it takes half a second.
"""

import argparse
import sys
from pathlib import Path

from common.errors import ConfigError, SetupError
from tools.end import AskedToEnd, End

ROOT = Path(__file__).resolve().parent.parent
_EXIT_FAILED = 1
_EXIT_SETUP = 2


def main(arguments: list[str], end: End) -> int:
    """0 ended because somebody asked, 1 a process failed, 2 a setting or the machine is at fault."""
    from tools.launcher import Launcher
    from tools.processes import ProcessFailed

    options = _parser().parse_args(arguments)
    if options.end_with_make:
        end.watch_parent()
    try:
        Launcher(options.run_dir.resolve(), end).run()
    except AskedToEnd:
        return 0
    except (ConfigError, SetupError) as error:
        sys.stderr.write(f"make run: {error}\n")
        return _EXIT_SETUP
    except ProcessFailed as error:
        sys.stderr.write(f"make run: {error}\n")
        return _EXIT_FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.run", description="Answers calls: Redis, gateway and workers.")
    parser.add_argument("--run-dir", type=Path, default=ROOT / ".run", help="folder for logs, sockets and the data of Redis")
    parser.add_argument("--end-with-make", action="store_true", help="end when the process that started this one does")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], End()))

"""The command line of a tool: argparse, whose exit code for bad usage is ours, since argparse's own 2 means something else here."""

import argparse
import sys
from typing import NoReturn

EXIT_USAGE = 4


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that ends the program with ``EXIT_USAGE``."""

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong, and end."""
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")

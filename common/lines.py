"""Standard output and error that wait for nobody.

Theory
    What takes a process' lines may stand still: a pager, a stopped terminal, a container engine whose disk is full. A pipe holds 64 kB
    for it, some hundred lines; then whoever writes waits, and in a gateway every call with it. So it is asked first whether something
    would be taken: a pipe that says so has room for ``PIPE_BUF`` bytes, and no more than that is written at once. What is not taken
    is kept, within limits, and leaves in front of the next line; what is too much is dropped, counted, and told as a line of the
    log once lines are taken again.

    The streams' own way, to write nothing that would have to wait (``O_NONBLOCK``), is none: that is set for all who share the
    pipe, a shell and other processes among them.
"""

import io
import logging
import os
import select
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING

from common import metrics

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

logger = logging.getLogger("torim.common")

KEPT_BYTES = 256 * 1024
LAST_S = 0.2
"""How long who reads may take, at the end of the process, over what is kept."""


def wait_for_nobody() -> None:
    """Have this process' two streams be such."""
    sys.stdout, sys.stderr = stream(1, "stdout"), stream(2, "stderr")


def stream(descriptor: int, name: str) -> "io.TextIOWrapper[Lines]":
    """A stream of text that is one; ``name`` is what the log calls it."""
    return io.TextIOWrapper(Lines(descriptor, name), "utf-8", "backslashreplace", newline="\n", write_through=True)


def end() -> None:
    """Give what is kept a last chance."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and isinstance(stream.buffer, Lines):
            stream.buffer.pass_on(LAST_S)


class Lines(io.BufferedIOBase):
    """What stands behind a stream of text: one line a write."""

    def __init__(self, descriptor: int, name: str) -> None:
        self.name = name
        self._descriptor = descriptor
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._lost = 0
        self._lock = threading.Lock()
        self._taker = select.poll()
        self._taker.register(descriptor, select.POLLOUT)

    def writable(self) -> bool:
        """It is, whoever reads."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def write(self, line: "ReadableBuffer", /) -> int:
        """Pass a line on, or keep it, or lose it."""
        data = bytes(line)
        with self._lock:
            self._kept.append(data)
            self._kept_bytes += len(data)
        self.pass_on()
        return len(data)

    def pass_on(self, wait_s: float = 0.0) -> None:
        """Write what somebody takes, within ``wait_s`` from one piece to the next."""
        with self._lock:
            passed = self._write_kept(wait_s)
            if self._kept_bytes > KEPT_BYTES and len(self._kept) > 1:
                self._lose(self._kept.pop())
            lost = 0
            if passed and not self._kept:
                lost, self._lost = self._lost, 0
        if lost:
            logger.warning("what=lines_lost stream=%s lines=%d", self.name, lost)

    def _write_kept(self, wait_s: float) -> bool:
        """Whether any of it was taken."""
        passed = False
        while self._kept and self._taker.poll(1000 * wait_s):
            line = self._kept[0]
            try:
                written = os.write(self._descriptor, line[: select.PIPE_BUF])
            except OSError:  # whoever read is gone; or it would wait after all
                self._lose(self._kept.popleft())
                continue
            passed = True
            self._kept_bytes -= written
            if written < len(line):
                self._kept[0] = line[written:]
            else:
                self._kept.popleft()
        return passed

    def _lose(self, line: bytes) -> None:
        self._kept_bytes -= len(line)
        self._lost += 1
        metrics.LINES_LOST.inc()

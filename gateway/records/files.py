"""Records as files in RECORD_DIR, one a call, written beside the media path.

::

    core ─▶ StreamRecorder ─▶ Spool (a call's own, at most 512 KiB) ─▶ one thread for all calls ─▶ disk

A call hands its entries over in batches and never waits. Where the disk is too slow, or fails, batches
are dropped, counted, told in the log, and the record itself says where something is missing. A killed
process loses the batch that was not handed over yet, less than a second of a call.

Records hold what was said: folder and files are for their owner alone.
"""

import logging
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

from common.errors import ConfigError
from gateway.records.format import Header, lost_entry
from gateway.records.recorder import NewRecorder, Recorder, StreamRecorder, unrecorded

logger = logging.getLogger("torim.gateway")

SUFFIX = ".torim"
BATCH_BYTES = 8 * 1024
LIMIT_BYTES = 512 * 1024
"""Handed over and not written yet: half a minute of a call."""
CLOSE_S = 0.4
"""How long the last batches may take when the process ends."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9-]")

Open = Callable[[Path], BinaryIO]


def open_private(path: Path) -> BinaryIO:
    """A new file that its owner alone may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def check_folder(folder: Path) -> None:
    """Make the folder if there is none, and try to write in it.

    Raises:
        ConfigError: it cannot be.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(f"RECORD_DIR={str(folder)!r}: takes a folder that can be written to ({error.strerror})") from None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some entries of a record; the last batch of it closes the file."""

    spool: "Spool"
    data: bytes
    entries: int
    last: bool


class Spool:
    """What of one record is not on disk yet. One side of each counter is written by the loop, the other by the thread."""

    def __init__(self, path: Path, batches: "SimpleQueue[_Batch | None]") -> None:
        self.path = path
        self.dropped = 0
        """Entries for which there was no room."""
        self._batches = batches
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._missing = 0
        """Dropped since the last entry that was handed over."""
        self._handed_bytes = 0
        self._closed = False
        self._file: BinaryIO | None = None
        self._written_bytes = 0
        self._failed = 0
        """Entries that could not be written."""

    # -- The loop's side ----------------------------------------------------------------------

    def add(self, entry: bytes) -> None:
        """Take an entry; what comes after the end is no part of the record."""
        if self._closed:
            return
        self._pending.append(entry)
        self._pending_bytes += len(entry)
        if self._pending_bytes >= BATCH_BYTES:
            self._hand_over(last=False)

    def close(self) -> None:
        """Nothing more will be added."""
        if not self._closed:
            self._closed = True
            self._hand_over(last=True)

    def _hand_over(self, *, last: bool) -> None:
        entries, self._pending, self._pending_bytes = self._pending, [], 0
        if not last and self._handed_bytes - self._written_bytes > LIMIT_BYTES:
            self._drop(len(entries))
            return
        if self._missing:
            entries.insert(0, lost_entry(self._missing))
            self._missing = 0
        data = b"".join(entries)
        self._handed_bytes += len(data)
        self._batches.put(_Batch(self, data, len(entries), last))

    def _drop(self, entries: int) -> None:
        if not self.dropped:
            logger.error("what=record_too_slow file=%s: the disk does not keep up, entries of the record are lost", self.path.name)
        self.dropped += entries
        self._missing += entries

    # -- The thread's side --------------------------------------------------------------------

    def write(self, batch: _Batch, opener: Open) -> None:
        """Put a batch on disk; after the first failure nothing more of this record."""
        if not self._failed:
            self._try_to_write(batch, opener)
        else:
            self._failed += batch.entries
        self._written_bytes += len(batch.data)
        if batch.last:
            self._finish()

    def _try_to_write(self, batch: _Batch, opener: Open) -> None:
        try:
            if self._file is None:
                self._file = opener(self.path)
            self._file.write(batch.data)
            self._file.flush()
        except OSError as error:
            self._failed = batch.entries
            self._tell(error)

    def _finish(self) -> None:
        try:
            if self._file is not None:
                self._file.close()
        except OSError as error:
            self._tell(error)
        if self.dropped or self._failed:
            logger.error("what=record_incomplete file=%s lost_entries=%d", self.path.name, self.dropped + self._failed)

    def _tell(self, error: OSError) -> None:
        logger.error("what=record_not_written file=%s error=%s", self.path.name, error.strerror)


class Records:
    """The folder of records, and the thread that writes them."""

    def __init__(self, folder: Path, opener: Open = open_private) -> None:
        self._folder = folder
        self._opener = opener
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="records", daemon=True)
        self._thread.start()

    def begin(self, header: Header) -> Recorder:
        """The record of a call that begins now."""
        spool = Spool(self._folder / file_name(header), self._batches)
        return StreamRecorder(header, spool.add, spool.close)

    def close(self) -> None:
        """Write the rest; waits."""
        self._batches.put(None)
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            logger.error("what=records_not_finished: the disk is too slow")

    def _write(self) -> None:
        while (batch := self._batches.get()) is not None:
            batch.spool.write(batch, self._opener)


@contextmanager
def recording(folder: Path | None) -> Iterator[NewRecorder]:
    """What begins records while the gateway runs.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    if folder is None:
        yield unrecorded
        return
    check_folder(folder)
    logger.warning("records=on folder=%s: sound and words of all calls are kept there", folder)
    records = Records(folder)
    try:
        yield records.begin
    finally:
        records.close()


def file_name(header: Header) -> str:
    """When, and which call: what a provider calls it is no path."""
    at = datetime.fromtimestamp(header.started_s, UTC)
    return f"{at:%Y%m%dT%H%M%S.%f}-{_NOT_IN_NAMES.sub('_', header.call)[:80]}{SUFFIX}"

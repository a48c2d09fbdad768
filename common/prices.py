"""What vendors ask for: ``prices.toml``, a row for each model, with where the price stands and when it was read there.

A model that has no row has no price: what it costs is not known, which is not nothing. A snapshot of a model, its name with a date
behind it, costs what the model does, unless it has a row of its own.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from common.errors import ConfigError
from common.messages import Use

FILE = Path(__file__).parent / "prices.toml"
_MILLION = 1_000_000
_DATED = re.compile(r"(.+)-\d{4}-\d{2}-\d{2}")

_Usd = Annotated[float, Meta(ge=0)]


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row; prices in US dollars."""

    vendor: str
    model: str
    """Its name, or a pattern with ``*``."""
    source: Annotated[str, Meta(min_length=1)]
    date: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    """When it was read there."""
    second_hand: bool = False
    """The source is not the vendor's own page."""
    minute: _Usd = 0.0
    million_input_tokens: _Usd = 0.0
    million_output_tokens: _Usd = 0.0
    million_characters: _Usd = 0.0

    def usd(self, use: Use) -> float:
        """What that costs."""
        tokens = use.input_tokens * self.million_input_tokens + use.output_tokens * self.million_output_tokens
        return use.seconds / 60 * self.minute + (tokens + use.characters * self.million_characters) / _MILLION


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    price: tuple[Price, ...] = ()


@dataclass(frozen=True, slots=True)
class Prices:
    """The table."""

    rows: tuple[Price, ...] = ()

    def usd(self, use: Use) -> float | None:
        """What a use costs; None: no row tells."""
        row = self._row(use.vendor, use.model)
        return None if row is None else row.usd(use)

    def has(self, vendor: str, model: str) -> bool:
        """Whether a row tells what that costs."""
        return self._row(vendor, model) is not None

    def _row(self, vendor: str, model: str) -> Price | None:
        dated = _DATED.fullmatch(model)
        names = (model, dated[1]) if dated else (model,)
        fitting = (row for name in names for row in self.rows if row.vendor == vendor and fnmatchcase(name, row.model))
        return next(fitting, None)


def load(file: Path = FILE) -> Prices:
    """The table in a file.

    Raises:
        ConfigError: it cannot be read, or a row of it.
    """
    try:
        return Prices(msgspec.toml.decode(file.read_bytes(), type=_File).price)
    except OSError as error:
        raise ConfigError(f"PRICES={file}: cannot be read ({error.strerror})") from None
    except msgspec.DecodeError as error:
        raise ConfigError(f"PRICES={file}: {error}") from None

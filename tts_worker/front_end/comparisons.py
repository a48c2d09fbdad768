"""Signs before a number that say how exact it is, or on which side of it something lies (sans-I/O)."""

from tts_worker.front_end.names import Names
from tts_worker.front_end.scan import Rule, rule

_BEFORE_A_NUMBER = r"\s*(?=[-−+]?[₪$€£]?\.?\d)"


def comparison_rules(names: Names) -> list[Rule]:
    """How they are read."""
    signs = {"≥": names.at_least, "≤": names.at_most, "±": names.plus_or_minus, "≈": names.about}
    said = [rule(rf"\s*{sign}{_BEFORE_A_NUMBER}", f" {spoken} ") for sign, spoken in signs.items()]
    return [*said, rule(r"(?<!\w)~\s?(?=[\d₪$€£])", f"{names.about} ")]

"""What a tool may be used for, decided outside of the model (sans-I/O).

A caller can talk a model into anything. So what an agent's file does not list is not offered and not run, and what it limits is checked
here, where no words reach: how often in a call, and which arguments. A call that was made before is none more: it is answered with
what came of it.
"""

import re
from collections.abc import Collection

import msgspec

from common.agents.agent import Limit


def refusal(limit: Limit, taken: msgspec.Struct, spelling: str, made: Collection[str]) -> str:
    """Why a tool may not be used so; "" if it may.

    Args:
        taken: the arguments; ``spelling``: all of them as one text.
        made: the spellings of what the tool was used for in this call.
    """
    for name, pattern in limit.arguments.items():
        if not re.fullmatch(pattern, str(getattr(taken, name, "")), re.DOTALL):
            return f"{name} may not be that here"
    others = set(made) - {spelling}
    return f"it was used {len(others)} times in this call, and may not be again" if len(others) >= limit.times else ""

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two versions of one service: most calls are the same below /rds/v3.0 and /rds/v4.0, and who asks for one that a version lacks gets a 404."""

from __future__ import annotations

from ..calls import Call
from ..errors import Refused

BASE = '/rds/<any("v3.0", "v4.0"):version>'


def is_v4(call: Call) -> bool:
    """Whether the call is of version 4.0."""
    return call.path["version"] == "v4.0"


def only(call: Call, version: str) -> None:
    """404, as for a path that is not there, unless the call is of that version."""
    if call.path["version"] != version:
        raise Refused(404, "The resource could not be found.", "HTTPNotFound")

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DNS Plus, names and GSLB, below /dns-plus/dnsplus/v1.0 and v2.0: HTTP 200 and an envelope whose good code is 0, the appkey in the path."""

from __future__ import annotations

from . import gslbs, health_checks, pools, zones
from .access import authenticate

ALL = (zones.routes, gslbs.routes, pools.routes, health_checks.routes)

__all__ = ["ALL", "authenticate"]

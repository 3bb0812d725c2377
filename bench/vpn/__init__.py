# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two tunnels measured: packets ten times a second from one site's host to the other's, while tunnels are cut and changed."""

from __future__ import annotations

import sys

from bench.record import ROOT

# What is measured is the collection as it stands in this clone.
sys.path.insert(0, str(ROOT / "collections"))

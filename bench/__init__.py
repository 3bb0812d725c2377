# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measurements. Each leaves {"figures", "machine", "runs"} in build/bench/; a figure that was not measured is absent."""

from __future__ import annotations

import sys

from bench.record import ROOT

# What is measured is the collection as it stands in this clone, and the application.
sys.path[:0] = [str(ROOT / "collections"), str(ROOT / "app")]

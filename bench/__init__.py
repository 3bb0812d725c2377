# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measurements. Each leaves {"figures", "machine", "runs"} in build/bench/; a figure that was not measured is absent."""

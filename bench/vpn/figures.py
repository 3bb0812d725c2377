# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which figures of vpn.json are of which data plane. Each is measured by itself, on a day of its own, and never takes the other's away. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]            # as bench.record leaves it: {"figures", "machine", "runs"}


def named(figures: Mapping[str, float], plane: str) -> dict[str, float]:
    """Figures of the kernel's data plane have names of their own."""
    return {name if plane != "kernel" or of(name) == plane else f"kernel_{name}": value for name, value in figures.items()}


def of(name: str) -> str:
    """The data plane that a figure is of."""
    return "kernel" if name.startswith("kernel_") or name.endswith("_kernel") else "userspace"


def without(document: Document, plane: str) -> dict[str, Any]:
    """All but what is of this plane."""
    return {**document, "figures": {name: value for name, value in document.get("figures", {}).items() if of(name) != plane},
            "runs": [run for run in document.get("runs", []) if run["plane"] != plane]}


def merged(published: Document, measured: Document, plane: str) -> dict[str, Any]:
    """What is published, with what was measured of this plane in place of its own."""
    others = without(published, plane)
    return {"figures": others["figures"] | {name: value for name, value in measured["figures"].items() if of(name) == plane},
            "machine": measured["machine"], "runs": others["runs"] + [run for run in measured["runs"] if run["plane"] == plane]}

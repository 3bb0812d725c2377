# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an option change of both tunnels costs, done as people do it (`site.yml --tags aws_vpn` in the lab) under a flow of packets, and back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import yaml

from bench.record import ROOT
from bench.vpn import flow

if TYPE_CHECKING:
    from bench.vpn.gateway import Gateway

LOOK_SECONDS, BEFORE_SECONDS, AFTER_SECONDS = 0.25, 1.0, 2.0
OTHERWISE = {"dpd_timeout_seconds": 45}


def measure(gateway: Gateway) -> list[dict[str, Any]]:
    """A row for each of two changes: another option at both of AWS's ends, and back."""
    options = yaml.safe_load((ROOT / "roles/aws_vpn/defaults/main.yml").read_text(encoding="utf-8"))["aws_vpn_tunnel_options"]
    return [one(gateway, name, wanted) for name, wanted in (("another option", {**options, **OTHERWISE}), ("as it was", options))]


def one(gateway: Gateway, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """One change under a flow: what was lost, and what of the tunnels was seen meanwhile."""
    gateway.both_up()
    flow.start(gateway.run, gateway.source, gateway.target)
    try:
        time.sleep(BEFORE_SECONDS)          # not a wait for anything: the flow's first second
        with Watch(gateway.up) as watch:
            gateway.change(options)
        gateway.both_up()
        time.sleep(AFTER_SECONDS)           # and its last ones
    finally:
        lost = flow.stop(gateway.run)
    return {"change": name, "gap_seconds": lost.gap_seconds, "lost": lost.lost, "sent": lost.sent, **seen(watch.looks)}


class Watch:
    """Looks at both tunnels again and again until it is left. Raises then what ended the looking: too few looks would be taken for few outages."""

    def __init__(self, look: Callable[[], dict[str, bool]]) -> None:
        self.look, self.looks, self.left = look, list[dict[str, bool]](), threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.failed: BaseException | None = None

    def _run(self) -> None:
        try:
            while not self.left.wait(LOOK_SECONDS):
                self.looks.append(self.look())
        except BaseException as error:
            self.failed = error

    def __enter__(self) -> Watch:
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.left.set()
        self.thread.join()
        if self.failed and kind is None:
            raise self.failed


def seen(looks: Iterable[dict[str, bool]]) -> dict[str, Any]:
    """{"looks", "taken_down": tunnels that were seen down once, "both_down": looks that saw both down}."""
    looks = list(looks)
    return {"looks": len(looks), "taken_down": sorted({name for look in looks for name, up in look.items() if not up}),
            "both_down": sum(not any(look.values()) for look in looks)}


def figures(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Of changes that took each tunnel down once; one that did not was no change."""
    idle = [row["change"] for row in rows if row["taken_down"] != ["a", "b"]]
    if idle or not rows:
        return {}
    return {"option_change_longest_gap_seconds": max(row["gap_seconds"] for row in rows),
            "option_change_lost_packets": float(sum(row["lost"] for row in rows)),
            "option_change_both_down_looks": float(sum(row["both_down"] for row in rows))}

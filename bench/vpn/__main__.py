# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m bench.vpn`: how long packets are lost when a tunnel is cut, and what encryption costs. Wants a lab with both tunnels; `--build`
brings one up. Leaves build/bench/vpn.json: each cut is a run's row, printed as a table.

failover_p95_seconds         of cuts of the tunnel that carries: the longest gap in a flow of ten packets a second, until just before it is mended
standby_death_lost_packets   of as many cuts of the other one: all packets that were lost until just before it was mended
return_lost_packets          of all these tunnels' returns: all packets that were lost from the mend until both carried again, and a second more
option_change_...            site.yml gives both of AWS's ends another option, and the old one: the longest gap, all packets that were lost, and
                             how often (of four looks a second) both tunnels were seen down
throughput_share_userspace   TCP through a tunnel over TCP along the same machines and wires without IPsec (iperf3)

With `--publish` what an earlier run left of this data plane goes first, and docs/figures/vpn.json has the new figures in place of its own of it.
With `--machines` all of it in the kernel's data plane, between two machines of `lab.machines`: kernel_failover_p95_seconds and so on,
throughput_share_kernel.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench.record import BENCH, ROOT, record, tree
from bench.site import Failed, command, lab
from bench.vpn import change, figures, flow, machines, throughput
from bench.vpn.gateway import Gateway, NotReady
from lab.machines.vm import MachineFailed
from lab.podman import PodmanError

HOLD_SECONDS, BEFORE_SECONDS, AFTER_SECONDS = 5.0, 1.0, 1.0
MEASURED, PUBLISHED = BENCH / "vpn.json", ROOT / "docs" / "figures" / "vpn.json"
COLUMNS = ("cut", "tunnel", "gap_seconds", "lost", "sent", "standby_lost", "standby_sent", "return_lost", "return_sent")


def one_cut(gateway: Gateway, *, standby: bool) -> tuple[str, flow.Flow, flow.Flow]:
    """Cut the tunnel that carries, or the other, under a flow, and mend it: (tunnel, what its death cost, what its return cost)."""
    gateway.both_up()
    carrying = gateway.carrying() or "a"
    name = {"a": "b", "b": "a"}[carrying] if standby else carrying
    flow.start(gateway.run, gateway.source, gateway.target)
    try:
        time.sleep(BEFORE_SECONDS)          # not a wait for anything: the flow's first second
        gateway.cut(f"tunnel_{name}")
        try:
            time.sleep(HOLD_SECONDS)        # how long it stays cut
            gateway.one_up()                # or what was lost would have no end that the flow could tell of
            death = flow.stop(gateway.run)
            flow.start(gateway.run, gateway.source, gateway.target)
        finally:
            gateway.mend(f"tunnel_{name}")
        gateway.both_up()
        time.sleep(AFTER_SECONDS)           # and its last: whoever came back may carry until the health unit's next look
    finally:
        back = flow.stop(gateway.run)
    return name, death, back


def measure(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    """A row for each cut."""
    rows = []
    for number in range(1, count + 1):
        name, live, back = one_cut(gateway, standby=False)
        _, spare, again = one_cut(gateway, standby=True)
        rows.append({"cut": number, "tunnel": name, "gap_seconds": live.gap_seconds, "lost": live.lost, "sent": live.sent,
                     "standby_lost": spare.lost, "standby_sent": spare.sent,
                     "return_lost": back.lost + again.lost, "return_sent": back.sent + again.sent})
        print(table(rows[-1:], header=number == 1), flush=True)
    return rows


def table(rows: list[dict[str, Any]], *, header: bool = True) -> str:
    """As people read it."""
    lines = [" ".join(f"{name:>13}" for name in COLUMNS)] if header else []
    return "\n".join([*lines, *(" ".join(f"{row[name]:>13}" for name in COLUMNS) for row in rows)])


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m bench.vpn", description="Cut tunnels and measure.")
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--build", action="store_true", help="take the lab down, bring one up and build both tunnels first")
    parser.add_argument("--machines", action="store_true", help="two machines with Debian's own kernel, and with it the kernel's data plane")
    parser.add_argument("--publish", action="store_true", help="leave the figures in docs/figures too")
    parser.add_argument("--no-throughput", action="store_true")
    parser.add_argument("--no-change", action="store_true")
    options = parser.parse_args(argv)
    try:
        if options.build and options.machines:
            machines.build()
        elif options.build:
            lab("down")
            lab("up")
            command("ansible-playbook", "molecule/vpn_gateway/build.yml")
        gateway = machines.Machines() if options.machines else Gateway()
        if options.publish and MEASURED.exists():
            write(MEASURED, figures.without(read(MEASURED), gateway.config["plane"]))
        path = cuts(gateway, options.cuts)
        if not options.no_change:
            rows = change.measure(gateway)
            path = leave(gateway, change.figures(rows), {"what": "option changes", "changes": rows})
        if not options.no_throughput:
            speeds = throughput.measure(gateway)
            share = {f"throughput_share_{gateway.config['plane']}": round(speeds["tunnel"] / speeds["plain"], 3)}
            path = leave(gateway, share, {"what": "throughput", "megabits_per_second": speeds})
        if options.publish:
            path = publish(gateway.config["plane"])
    except (NotReady, Failed, MachineFailed, PodmanError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"-> {path}")
    return 0


def cuts(gateway: Gateway, count: int) -> Path:
    """Measure and leave them."""
    rows = measure(gateway, count)
    print("\n" + table(rows))
    return leave(gateway, {"failover_p95_seconds": flow.percentile([row["gap_seconds"] for row in rows], 0.95),
                           "standby_death_lost_packets": float(sum(row["standby_lost"] for row in rows)),
                           "return_lost_packets": float(sum(row["return_lost"] for row in rows)), "cuts": float(len(rows))},
                 {"what": "cuts", "cuts": rows})


def leave(gateway: Gateway, found: dict[str, float], run: dict[str, Any]) -> Path:
    """Each part by itself: what was measured stays when a later part fails."""
    found = figures.named(found, gateway.config["plane"])
    print("", *(f"{name:<34} {value}" for name, value in found.items()), sep="\n", flush=True)
    about = {"plane": gateway.config["plane"], "code": tree("plugins/module_utils/vpn", "roles/vpn_gateway"), "load": os.getloadavg()[0]}
    return record("vpn", found, {**run, **about})


def publish(plane: str) -> Path:
    """This plane's figures in docs/figures; the other's stay."""
    published = read(PUBLISHED) if PUBLISHED.exists() else {}
    return write(PUBLISHED, figures.merged(published, read(MEASURED), plane))


def read(path: Path) -> dict[str, Any]:
    """A file of figures."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write(path: Path, document: figures.Document) -> Path:
    """As bench.record writes it."""
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())

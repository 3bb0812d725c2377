# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m bench.agent`: what a site's agent costs while nothing happens, read from the kernel over a minute on the hosts of a lab that is up.

Leaves `agent_mb` (memory that is resident) and `agent_cpu_percent` (of one core), each of the dearer agent, in build/bench/switch.json.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench.record import OF_THE_SWITCH, record, tree
from lab.podman import containers

DAEMON = "multicloud_dr.switch.daemon"
SECONDS = 60.0


class NoAgent(RuntimeError):
    """There is none to measure; the message says where it was looked for."""


def agents(proc: Path = Path("/proc")) -> dict[str, int]:
    """Process ids of the agents of this clone's lab, by site. Raises NoAgent."""
    hosts = {row["id"]: row["labels"].get("mcdr.site", row["name"]) for row in containers(kind="host") if row["state"] == "running"}
    found = {}
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words, group = (entry / "cmdline").read_bytes().split(b"\0"), (entry / "cgroup").read_text()
        except OSError:
            continue                        # ended meanwhile
        site = next((site for container, site in hosts.items() if container in group), None)
        if DAEMON.encode() in words and site:
            found[site] = int(entry.name)
    if not found:
        raise NoAgent(f"no agent runs on {', '.join(sorted(hosts.values())) or 'any host'}: bring the lab up and run site.yml first")
    return found


def used(pid: int, proc: Path = Path("/proc")) -> tuple[float, float]:
    """(seconds of processor, MB resident) of a process until now."""
    fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    resident = next(int(line.split()[1]) for line in (proc / str(pid) / "status").read_text().splitlines() if line.startswith("VmRSS"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), resident / 1024


def measure(seconds: float) -> dict[str, dict[str, float]]:
    """For each site: {"mb", "cpu_percent"} over so many seconds."""
    found = agents()
    began, before = time.monotonic(), {site: used(pid)[0] for site, pid in found.items()}
    time.sleep(seconds)
    passed, after = time.monotonic() - began, {site: used(pid) for site, pid in found.items()}
    return {site: {"mb": round(mb, 1), "cpu_percent": round((cpu - before[site]) / passed * 100, 2)} for site, (cpu, mb) in after.items()}


def figures(sites: dict[str, dict[str, float]]) -> dict[str, float]:
    """Those of the dearer agent."""
    return {"agent_mb": max(each["mb"] for each in sites.values()), "agent_cpu_percent": max(each["cpu_percent"] for each in sites.values())}


def main() -> int:
    """Entry point; 1 with a sentence when there is nothing to measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.agent", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long to look (%(default)g)")
    options = parser.parse_args()
    try:
        sites = measure(options.seconds)
    except NoAgent as error:
        print(error, file=sys.stderr)
        return 1
    run: dict[str, Any] = {"what": "agent", "tree": tree(*OF_THE_SWITCH), "seconds": options.seconds, "load": round(os.getloadavg()[0], 2),
                           "sites": sites}
    print(f"{record('switch', figures(sites), run)}")
    for site, each in sorted(sites.items()):
        print(f"  {site:6} {each['mb']:6.1f} MB resident  {each['cpu_percent']:5.2f} % of a core")
    return 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starts an application anew whose process hangs, and hands a machine back on which that never helps: one that is off is replaced by its group.

Asks /healthz, which knows nothing of a database: one that is away is no reason to end anything.
"""

import subprocess
import sys
import time
import urllib.request

EVERY, SILENT, VAIN = 10, 120, 5        # seconds between two questions, seconds of silence that are too many, starts in vain


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False


def runs():
    """Whether it was started: while its image is pulled nobody answers, and that may take long."""
    return subprocess.run(["systemctl", "is-active", "--quiet", "application.service"], check=False).returncode == 0


def watch(answers, runs, order, clock):
    """answers, runs: what is seen; order: a systemctl command. Ends when the machine is handed back."""
    heard, vain = clock.monotonic(), 0
    while vain <= VAIN:
        clock.sleep(EVERY)
        if answers():
            heard, vain = clock.monotonic(), 0
        elif not runs():
            heard = clock.monotonic()
        elif clock.monotonic() - heard >= SILENT:
            vain += 1
            if vain <= VAIN:
                print(f"no answer for {SILENT} s: start {vain} of {VAIN}", flush=True)
                order("restart", "application.service")
                heard = clock.monotonic()
    print("no start has helped: this machine is handed back", flush=True)
    order("poweroff")


if __name__ == "__main__":
    watch(lambda: answers(sys.argv[1]), runs, lambda *words: subprocess.run(["systemctl", *words], check=False), time)

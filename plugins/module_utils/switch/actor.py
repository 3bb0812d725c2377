# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent does about a verdict: runs the switch by itself, or waits for a person and says so. Decides when; how is steps.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from . import verdict
from .gate import GateSilent
from .journal import Busy
from .record import Refused, Unanswered
from .steps import StepFailed, SwitchRefused

AUTOMATIC = "automatic"     # acts on every verdict that asks for it
MANAGED = "managed"         # a takeover waits for a person; what a person has begun is still finished
MODES = (AUTOMATIC, MANAGED)

AGAIN = 1.0                 # seconds before the next try after one that failed; twice as long after each that says the same,
AGAIN_MOST = 8.0            # up to so many: what comes back is used soon, and what stays away fills neither log nor disk


class Actor:
    """Called again and again by a thread of its own. `judge`: the verdict now; cheap, and never older than a look or two.
    `switch`: one run of the switch to this site, step by step (steps.run on fresh looks). `say`: where what happened is told.
    `pause`: seconds between two questions.
    """

    def __init__(self, mode: str, judge: Callable[[], verdict.Verdict], switch: Callable[[], Iterator[dict[str, Any]]], *,
                 say: Callable[[str], None], pause: float) -> None:
        self.mode, self._judge, self._switch, self._say, self._pause = mode, judge, switch, say, pause
        self.asks: verdict.Verdict | None = None        # what a person is waited for, None when for nothing
        self.said: str | None = None                    # why the latest try came to nothing
        self._again = AGAIN
        self._told: dict[str, str] = {}

    def tend(self) -> float:
        """Ask once, and act if that is what the verdict says. Returns the pause before the next question. Never raises for what a
        switch may run into: it is tried again.
        """
        found = self._judge()
        waits = self.mode == MANAGED and found.action == verdict.TAKE_OVER
        if waits and self.asks is None:
            self._say(f"Waiting for a person to run fail_over.yml: {found.because}")
        self.asks = found if waits else None
        if waits or found.action == verdict.NONE:
            return self._pause
        try:
            for step in self._switch():
                if self._told.get(step["name"]) != step["detail"]:      # a try that fails where the one before did has no news
                    self._say(f"{step['name']}: {step['detail']}")
                self._told[step["name"]] = step["detail"]
        except Busy:
            return AGAIN                # somebody does it already
        except (SwitchRefused, StepFailed, Refused, Unanswered, GateSilent, OSError) as error:      # OSError: the journal's disk is full
            if str(error) != self.said:
                self._say(str(error))
                self._again = AGAIN
            else:
                self._again = min(self._again * 2, AGAIN_MOST)
            self.said = str(error)
            return self._again
        self.said = None
        self._told.clear()
        return self._pause

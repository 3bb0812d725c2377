# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a release is taken back, when it is let be, and when nobody can tell."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.release.judge import BACK, GOOD, PENDING, UNKNOWN, Limits, Look, error_percent, judge

LIMITS = Limits(watch_seconds=10, silent_looks=3, error_percent=1, worse_by=3, least_requests=50)


def looks(ready: str = "", edge: str = "", asked: int = 10, wrong: int = 0, **more: int) -> list[Look]:
    """One look a second; + a good answer, - none, ? could not be asked."""
    told = {"+": True, "-": False, "?": None}
    length = max(len(ready), len(edge))
    return [Look(float(at), told[(ready or "+" * length)[at]], told[(edge or "+" * length)[at]], asked, wrong, **more) for at in range(length)]


@pytest.mark.parametrize(("seen", "verdict", "words"), [
    ([], PENDING, "not been watched"),
    (looks("+" * 5), PENDING, "not been watched"),
    (looks("+" * 11), GOOD, "answered for 10 s"),
    (looks("++---"), BACK, "readyz), 3 times in a row"),
    (looks(edge="++---"), BACK, "the edge does not answer"),
    (looks("++--+" + "+" * 6), GOOD, ""),                                  # a stumble is forgiven
    (looks("+" * 9 + "--"), PENDING, "the last look was no good one"),       # and not passed over because time is up
    (looks("+" * 9 + "---"), BACK, ""),
    (looks("++???"), UNKNOWN, "could not be asked"),
    (looks("++-?-"), PENDING, ""),                                         # neither three silences nor three that were not asked
    (looks("+" * 6, wrong=1), BACK, "10.0 % of requests fail, and 0.0 % did before"),
    (looks("+" * 4, wrong=1), PENDING, ""),                                # forty requests tell nothing of a rate
    (looks("+" * 11, users=20, user_errors=1), BACK, "5.0 % of requests fail"),     # users fail where our own looks do not
    (looks("+" * 11, users=2, user_errors=2), GOOD, ""),                   # twenty-two of them are too few
    (looks("+" * 11, asked=0), GOOD, ""),                                  # no pages were named to ask for
])
def test_what_looks_say(seen: list[Look], verdict: str, words: str) -> None:
    told = judge(seen, LIMITS)
    assert (told.verdict, told.looks) == (verdict, len(seen)) and words in told.because, told


@pytest.mark.parametrize(("before", "verdict"), [(0.0, BACK), (3.4, GOOD), (3.2, BACK)])
def test_what_was_bad_before_is_not_laid_at_its_door(before: float, verdict: str) -> None:
    assert judge(looks("+" * 11, wrong=1), LIMITS, before).verdict == verdict


def test_silence_counts_for_more_than_a_rate() -> None:
    assert "readyz" in judge(looks("+" * 8 + "---", wrong=9), LIMITS).because


def test_a_rate_is_that_of_the_worse_served() -> None:
    assert error_percent(looks("+" * 10, wrong=1, users=100, user_errors=2), LIMITS) == 10.0
    assert error_percent(looks("+"), LIMITS) is None

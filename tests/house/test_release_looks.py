# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a release watches a site, and how often it asks, as role and inventories have it: enough for a rate, before as well as after."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.release import watching
from ansible_collections.multicloud.dr.plugins.module_utils.release.judge import GOOD, Limits

ROOT = Path(__file__).parents[2]
DEFAULTS = yaml.safe_load((ROOT / "roles/release/defaults/main.yml").read_text(encoding="utf-8"))
TIMES = yaml.safe_load(yaml.safe_load((ROOT / "roles/release/tasks/watch.yml").read_text())[0]["multicloud.dr.release_watch"].get("times", "2"))


class Slow:
    """A clock on which a look takes some time of its own besides the pause."""

    def __init__(self, look_seconds: float) -> None:
        self.at, self.look_seconds = 0.0, look_seconds

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds + self.look_seconds


@pytest.mark.parametrize("inventory", ["lab", "production"])
@pytest.mark.parametrize("site", ["nhn", "aws"])
@pytest.mark.parametrize("seconds", ["release_before_seconds", "release_watch_seconds"])
def test_the_defaults_measure_an_error_rate(inventory: str, site: str, seconds: str) -> None:
    """A rate of before that nobody measured counts as none, and then three failing requests of a hundred take back a release that is no worse."""
    said = yaml.safe_load((ROOT / "inventories" / inventory / "host_vars" / site / "release.yml").read_text(encoding="utf-8"))
    given = {**DEFAULTS, **said}
    limits = Limits(given[seconds], given["release_silent_looks"], given["release_error_percent"], given["release_worse_by"],
                    given["release_least_requests"])
    asked = watching.Site("ready", "edge", tuple(given["release_pages"]), TIMES)
    told, looks = watching.watch(watching.Watch(asked, Slow(0.5), lambda _url, _timeout: True), limits)
    assert told.verdict == GOOD and told.error_percent == 0.0, watching.summary(looks, limits)

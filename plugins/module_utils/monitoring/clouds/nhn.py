# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What NHN Cloud knows of this site's database, in its own words. Which measures there are is not documented, so all that it lists are told.

Reads only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...nhn.rds import Rds, one_instance
from ...nhn.rds_lookup import metrics
from .figures import Figure, figure

BACK = 10           # minutes in which the newest value is looked for


class Nhn:
    """auth: as option auth of the nhn_* modules; database: name of the instance."""

    def __init__(self, auth: Mapping[str, Any], database: str) -> None:
        self._auth, self._name = dict(auth), database

    def asks(self) -> dict[str, Callable[[], Sequence[Figure]]]:
        """{API: what asks it}."""
        return {"rds": self._database}

    def _database(self) -> list[Figure]:
        cloud = Rds(self._auth)
        found = one_instance(cloud.listed("/db-instances", "dbInstances"), self._name)
        told = metrics(cloud, {"instance": self._name, "measures": None, "minutes": BACK, "interval_minutes": 1})["metrics"]
        return [*figure("multicloud_dr_cloud_database_available", int(found is not None and found["dbInstanceStatus"] == "AVAILABLE")),
                *(each for one in told for each in figure("multicloud_dr_cloud_measure", one["last"], of="database", measure=one["name"], stat="",
                                                          unit=one["unit"]))]

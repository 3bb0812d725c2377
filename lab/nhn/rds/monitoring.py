# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is measured of an instance. MYSQL_STATUS follows what the materialiser sees; the others are flat, as nothing here measures a load."""

from __future__ import annotations

from datetime import datetime

from ..calls import Answer, Call, Routes
from ..errors import Refused
from ..store import find
from .catalogue import ok
from .checks import within
from .instances import look_at
from .versions import BASE

routes = Routes(BASE)

UNITS = {"CPU_USAGE": "%", "MYSQL_STATUS": "", "NETWORK_RECV": "bytes/sec", "NETWORK_SENT": "bytes/sec"}
POINTS = 1440       # of one measure in one answer


@routes.on("GET", "/metrics")
def list_metrics(_: Call) -> Answer:
    return ok(metrics=[{"measureName": name, "unit": unit} for name, unit in UNITS.items()])


@routes.on("GET", "/metric-statistics")
def get_metric_statistics(call: Call) -> Answer:
    """Values as text, one at the end of each whole interval between `from` and `to`."""
    query = call.request.args
    instance = look_at(call.store, find(call.store.rds_instances, query.get("dbInstanceId", ""), "DbInstance"))
    names = [name for given in query.getlist("measureNames") for name in given.split(",") if name]
    if not names or (unknown := sorted(set(names) - set(UNITS))):
        raise Refused(400, f"measureNames: {', '.join(unknown) if names else 'none given'}.")
    try:
        start, end = (datetime.fromisoformat(query[name]).timestamp() for name in ("from", "to"))
        step = int(query.get("interval", 1)) * 60
    except (KeyError, ValueError) as error:
        raise Refused(400, "from, to: moments such as 2026-01-31T12:00:00.000+09:00; interval: whole minutes.") from error
    within("interval", step // 60, 1, 1440)
    moments = range(int(start // step + 1) * step, int(end) + 1, step)[-POINTS:]
    up = bool(instance and instance["dbInstanceStatus"] == "AVAILABLE")
    return ok(metricStatistics=[{"measureName": name, "unit": UNITS[name],
                                 "values": [[moment, str(int(up)) if name == "MYSQL_STATUS" else "0.0"] for moment in moments]} for name in names])

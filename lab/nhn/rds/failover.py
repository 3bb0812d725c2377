# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A highly available instance fails over: its candidate is the master from then on, and the old master FAILED_MASTER until it is repaired or removed.

As NHN's documents say: the candidate is another instance of the same group, in another zone, and nobody sees it before; the old master loses its DB
security groups, and takes nothing but being repaired, rebuilt, split off or removed; what leads to the master (domain, virtual address) and the
automatic backups go over. Ours: that each keeps the name it had, so that the master is called as the candidate was, and that a group tells of a
candidate that no list shows.
"""

from __future__ import annotations

import copy

from ..calls import Answer, Call, Routes
from ..errors import Refused
from ..store import ZONES, Record, Store, find
from . import jobs
from .versions import BASE

routes = Routes(f"{BASE}/db-instances/<id>/high-availability")


def fail_over(store: Store, instance: Record) -> Record:
    """The new master. Refused unless the instance is a master with a candidate."""
    if not instance["_ha"] or instance["dbInstanceType"] != "MASTER" or failed_of(store, instance):
        raise Refused(409, f"DbInstance {instance['dbInstanceName']} has no candidate that could take over.")
    jobs.refuse_if_busy(store, instance)
    zone = next(zone for zone in ZONES if zone != instance["_zone"])
    name = instance["_candidate"] or f"{instance['dbInstanceName']}-c"
    heir: Record = {**instance, "dbInstanceId": instance["_candidate_id"], "dbInstanceName": name, "_candidate_id": instance["dbInstanceId"],
                    "_zone": zone, "updatedYmdt": store.ymdt()}
    instance.update(dbInstanceType="FAILED_MASTER", dbInstanceStatus="FAILOVER", dbSecurityGroupIds=[], updatedYmdt=store.ymdt(),
                    **{part: copy.deepcopy(instance[part]) for part in ("_users", "_schemas", "_storage", "_backup")})
    store.rds_instances[heir["dbInstanceId"]] = heir
    for backup in store.rds_backups.values():
        if (backup["dbInstanceId"], backup["backupType"]) == (instance["dbInstanceId"], "AUTO"):
            backup["dbInstanceId"] = heir["dbInstanceId"]
    return heir


def failed_of(store: Store, instance: Record) -> Record | None:
    """The old master of an instance's group, while nobody has repaired or removed it."""
    return next((each for each in store.rds_instances.values() if each["dbInstanceType"] == "FAILED_MASTER"
                 and each["dbInstanceGroupId"] == instance["dbInstanceGroupId"]), None)


@routes.on("POST", "/repair")
def repair(call: Call) -> Answer:
    """The old master becomes the candidate: nobody sees it any more. Of a pair that is well it is an opaque error, as a client met it."""
    store, failed = call.store, find(call.store.rds_instances, call.id, "DbInstance")
    if failed["dbInstanceType"] != "FAILED_MASTER":
        raise Refused(500, "Internal Server Error")
    jobs.refuse_if_busy(store, failed)

    def finish() -> None:
        del store.rds_instances[failed["dbInstanceId"]]
        for master in store.rds_instances.values():
            if master["dbInstanceGroupId"] == failed["dbInstanceGroupId"]:
                master["_candidate"] = failed["dbInstanceName"]
    return jobs.start(store, failed, "DB_INSTANCE", failed["dbInstanceId"], "REPAIRING", finish=finish)

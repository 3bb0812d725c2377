# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an instance's detail does not tell: storage, backup, network, availability, deletion protection."""

from __future__ import annotations

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..network.floating_ips import free_address
from ..store import find
from . import jobs
from .catalogue import ok
from .checks import autoscale, backup_settings, within
from .instances import built_instance
from .versions import BASE, is_v4

routes = Routes(f"{BASE}/db-instances/<id>")


@routes.on("GET", "/storage-info")
def get_storage_info(call: Call) -> Answer:
    instance = find(call.store.rds_instances, call.id, "DbInstance")
    more = {"storageAutoscale": instance["_autoscale"]} if is_v4(call) else {}
    return ok(**instance["_storage"], storageStatus="ATTACHED" if instance["_built"] else "DETACHED", **more)


@routes.on("PUT", "/storage-info")
def update_storage_info(call: Call) -> Answer:
    instance = built_instance(call)
    want = checked(call.json(), ("storageSize",), ("useOnlineFailover", *(("storageAutoscale",) if is_v4(call) else ())))
    within("storageSize", want["storageSize"], instance["_storage"]["storageSize"], 2048)
    instance["_autoscale"] = autoscale(want.get("storageAutoscale", {}), instance["_autoscale"])
    instance["_storage"]["storageSize"] = want["storageSize"]
    return jobs.start(call.store, instance, "DB_INSTANCE", call.id, "MODIFYING")


@routes.on("GET", "/backup-info")
def get_backup_info(call: Call) -> Answer:
    return ok(**find(call.store.rds_instances, call.id, "DbInstance")["_backup"])


@routes.on("PUT", "/backup-info")
def update_backup_info(call: Call) -> Answer:
    instance = built_instance(call)
    instance["_backup"] = backup_settings(call.json(), instance["_backup"])
    return jobs.start(call.store, instance, "DB_INSTANCE", call.id, "MODIFYING")


@routes.on("GET", "/network-info")
def get_network_info(call: Call) -> Answer:
    """Endpoints appear once the instance is built; a highly available one is also known by its virtual address."""
    instance = find(call.store.rds_instances, call.id, "DbInstance")
    subnet = call.store.subnets[instance["_subnet_id"]]
    kinds = [("INTERNAL", instance["_domain"], instance["_address"])]
    if instance["_ha"]:
        kinds.append(("INTERNAL_VIP", instance["_domain"], instance["_address"]))
    if instance["_public_address"]:
        kinds.append(("EXTERNAL", instance["_domain"].replace(".internal.", ".external."), instance["_public_address"]))
    points = [{"domain": domain, "ipAddress": address, "endPointType": kind} for kind, domain, address in kinds]
    return ok(availabilityZone=instance["_zone"], endPoints=points if instance["_built"] else [],
              subnet={"subnetId": subnet["id"], "subnetName": subnet["name"], "subnetCidr": subnet["cidr"]})


@routes.on("PUT", "/network-info")
def update_network_info(call: Call) -> Answer:
    instance = built_instance(call)
    public = checked(call.json(), (), ("usePublicAccess",)).get("usePublicAccess", False)
    instance["_public_address"] = (instance["_public_address"] or free_address(call.store)) if public else None
    return jobs.start(call.store, instance, "DB_INSTANCE", call.id, "MODIFYING")


@routes.on("PUT", "/high-availability")
def update_high_availability(call: Call) -> Answer:
    instance = built_instance(call)
    want = checked(call.json(), (), ("useHighAvailability", "pingInterval", *(("dbInstanceCandidateName",) if is_v4(call) else ())))
    if is_v4(call) and want.get("useHighAvailability") and not want.get("dbInstanceCandidateName"):
        raise Refused(400, "dbInstanceCandidateName: required with useHighAvailability.")
    interval = want.get("pingInterval", instance["_ping_interval"])
    within("pingInterval", interval, 1, 600)
    instance.update(_ha=bool(want.get("useHighAvailability", False)), _ping_interval=interval,
                    _candidate=want.get("dbInstanceCandidateName", instance["_candidate"]))
    return jobs.start(call.store, instance, "DB_INSTANCE", call.id, "MODIFYING")


@routes.on("PUT", "/deletion-protection")
def update_deletion_protection(call: Call) -> Answer:
    """One of the few changes without a job."""
    instance = find(call.store.rds_instances, call.id, "DbInstance")
    instance["useDeletionProtection"] = bool(checked(call.json(), (), ("useDeletionProtection",)).get("useDeletionProtection", False))
    return ok()

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From where a cluster's API may be reached. The list is kept and shown; nothing here filters by it."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record
from .clusters import find_cluster, refuse_while_busy

routes = Routes("/kubernetes/v1")
MOST = 100


@routes.on("GET", "/clusters/<id>/api_ep_ipacl")
def get_access(call: Call) -> Answer:
    cluster = find_cluster(call)
    kept = cluster["_access"]
    told: dict[str, Any] = {"cluster_uuid": cluster["uuid"], "enable": "true" if kept else "false"}
    return {**told, **kept}


@routes.on("POST", "/clusters/<id>/api_ep_ipacl")
def set_access(call: Call) -> Answer:
    """`enable` is text. An allowing list gets the cluster's own subnet added; a denying one that overlaps with it is refused."""
    store, cluster = call.store, find_cluster(call)
    refuse_while_busy(cluster)
    want = checked(call.json(), ("enable",), ("action", "ipacl_targets"))
    if not isinstance(want["enable"], str) or want["enable"].lower() not in ("true", "false"):
        raise Refused(400, f"Invalid input for field/attribute enable. Value: '{want['enable']}'. It is 'true' or 'false'.")
    cluster["_access"] = _kept(want, store.subnets[cluster["fixed_subnet"]]["cidr"]) if want["enable"].lower() == "true" else {}
    cluster["labels"]["api_ep_ipacl_enable"] = want["enable"].lower()
    cluster.update(status="UPDATE_IN_PROGRESS", updated_at=store.zulu(), _looks=0)
    return 202, {"uuid": cluster["uuid"]}


def _kept(want: Record, own: str) -> Record:
    if want.get("action") not in ("ALLOW", "DENY"):
        raise Refused(400, f"Invalid input for field/attribute action. Value: '{want.get('action')}'. It is ALLOW or DENY.")
    targets = want.get("ipacl_targets")
    if not isinstance(targets, list) or not 1 <= len(targets) <= MOST:
        raise Refused(400, f"Invalid input for field/attribute ipacl_targets. There are 1 to {MOST}.")
    for target in targets:
        checked(target, ("cidr_address",), ("description",))
        try:
            overlaps = IPv4Network(target["cidr_address"], strict=False).overlaps(IPv4Network(own))
        except ValueError as error:
            raise Refused(400, f"Invalid input for field/attribute cidr_address. Value: '{target['cidr_address']}'.") from error
        if overlaps and want["action"] == "DENY":
            raise Refused(400, f"IP ACL target {target['cidr_address']} overlaps with the cluster's subnet {own}.")
    if want["action"] == "ALLOW" and own not in [target["cidr_address"] for target in targets]:
        targets = [*targets, {"cidr_address": own}]
    return {"action": want["action"], "ipacl_targets": targets}

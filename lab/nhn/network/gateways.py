# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Internet gateways: `unavailable` until a routing table takes one, one table each, not deletable while attached."""

from __future__ import annotations

from ..calls import Answer, Call, Routes, select
from ..errors import Refused
from ..store import PUBLIC_NETWORK, find, new_id, shown

routes = Routes("/network/v2.0")

QUOTA = 3
FILTERS = ("tenant_id", "id", "name", "external_network_id", "routingtable_id")


@routes.on("GET", "/internetgateways")
def list_internet_gateways(call: Call) -> Answer:
    return {"internetgateways": select(call, [shown(gateway) for gateway in call.store.internet_gateways.values()], FILTERS)}


@routes.on("GET", "/internetgateways/<id>")
def get_internet_gateway(call: Call) -> Answer:
    return {"internetgateway": shown(find(call.store.internet_gateways, call.id, "InternetGateway"))}


@routes.on("POST", "/internetgateways")
def create_internet_gateway(call: Call) -> Answer:
    store = call.store
    want = call.fields("internetgateway", ("name", "external_network_id"), ("tenant_id",))
    if want["external_network_id"] != PUBLIC_NETWORK:
        raise Refused(404, f"External network {want['external_network_id']} could not be found.", "NetworkNotFound")
    if len(store.internet_gateways) >= QUOTA:
        raise Refused(409, f"Quota exceeded for resources: ['internetgateway']. The project may have {QUOTA}.", "OverQuota")
    gateway = {"id": new_id(), "name": want["name"], "external_network_id": PUBLIC_NETWORK, "routingtable_id": None,
               "state": "unavailable", "create_time": store.stamp(), "tenant_id": store.settings.credentials.tenant_id,
               "migrate_status": "none", "migrate_error": None}
    store.internet_gateways[gateway["id"]] = gateway
    return 201, {"internetgateway": shown(gateway, "routingtable_id")}


@routes.on("DELETE", "/internetgateways/<id>")
def delete_internet_gateway(call: Call) -> Answer:
    gateway = find(call.store.internet_gateways, call.id, "InternetGateway")
    if gateway["routingtable_id"]:
        raise Refused(409, f"Internet gateway {gateway['id']} is attached to routing table {gateway['routingtable_id']}.", "GatewayInUse")
    del call.store.internet_gateways[gateway["id"]]
    return 204, None

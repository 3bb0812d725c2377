# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compute: flavors, zones, keypairs and servers, below /compute/v2/{tenant}. A server is BUILD until it has been built for real."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from .attachments import volumes_of
from .calls import Answer, Call, Routes, checked, page
from .errors import Refused
from .graveyard import bury_servers
from .image import IMAGES
from .network.ports import add_port
from .server_groups import company_of
from .store import ZONES, Record, Store, Table, find, named, new_id, ripe
from .volumes import add_root

routes = Routes("/compute/v2/<tenant>")

VOLUME_TYPES = ("General SSD", "General HDD")
USER_DATA_LIMIT = 65535
FLAVORS: Table = {identity: {"id": identity, "name": name, "vcpus": vcpus, "ram": ram, "disk": 0, "swap": "", "OS-FLV-EXT-DATA:ephemeral": 0,
                      "OS-FLV-DISABLED:disabled": False, "os-flavor-access:is_public": True, "rxtx_factor": 1.0,
                      "extra_specs": {"flavor_type": "general"}, "links": []}
           for identity, name, vcpus, ram in (("6f8a1c2e-0b57-4b9c-8c53-1f1c5d2a0c11", "m2.c1m2", 1, 2048),
                                              ("3b1b6d5f-6e0f-4b0e-9a41-0d6a0b7e2c24", "m2.c2m4", 2, 4096),
                                              ("a4b6a0cf-1d3c-4cf4-8f5b-5e2f0c6d8e48", "m2.c4m8", 4, 8192))}
SERVER_FIELDS = ("availability_zone", "block_device_mapping_v2", "config_drive", "imageRef", "max_count", "metadata", "min_count",
                 "security_groups", "user_data")


@routes.on("GET", "/flavors")
def list_flavors(call: Call) -> Answer:
    return {"flavors": [{key: flavor[key] for key in ("id", "name", "links")} for flavor in _flavors(call)]}


@routes.on("GET", "/flavors/detail")
def list_flavors_detail(call: Call) -> Answer:
    return {"flavors": _flavors(call)}


@routes.on("GET", "/flavors/<id>")
def get_flavor(call: Call) -> Answer:
    return {"flavor": find(FLAVORS, call.id, "Flavor")}


@routes.on("GET", "/os-availability-zone")
def list_zones(_: Call) -> Answer:
    return {"availabilityZoneInfo": [{"zoneName": zone, "zoneState": {"available": True}} for zone in ZONES]}


@routes.on("GET", "/servers")
def list_servers(call: Call) -> Answer:
    return {"servers": [{key: server[key] for key in ("id", "name", "links")} for server in _matching(call)]}


@routes.on("GET", "/servers/detail")
def list_servers_detail(call: Call) -> Answer:
    return {"servers": _matching(call)}


@routes.on("GET", "/servers/<id>")
def get_server(call: Call) -> Answer:
    bury_servers(call.store)
    return {"server": _looked_at(call.store, find(call.store.servers, call.id, "Instance"))}


@routes.on("POST", "/servers")
def create_server(call: Call) -> Answer:
    store = call.store
    whole = checked(call.json(), ("server",), ("os:scheduler_hints",))
    body, company = whole["server"], company_of(store, whole.get("os:scheduler_hints") or {})
    if not isinstance(body, dict):
        raise Refused(400, "Invalid input for field/attribute server. 'server' is a required property")
    want = checked(body, ("name", "flavorRef", "networks", "key_name"), SERVER_FIELDS)
    if len(want["name"]) > 255:
        raise Refused(400, "Invalid input for field/attribute name. It is longer than 255 characters.")
    if want["flavorRef"] not in FLAVORS:
        raise Refused(400, f"Flavor {want['flavorRef']} could not be found.")
    if want["key_name"] not in store.keypairs:
        raise Refused(400, "Invalid key_name provided.")
    if want.get("availability_zone") not in (None, *ZONES):
        raise Refused(400, "The requested availability zone is not available")
    if {int(want.get("min_count", 1)), int(want.get("max_count", 1))} != {1}:
        raise Refused(400, "This emulator builds one server per request.")
    volume, doomed = _root_volume(store, want)
    server = _new_server(store, want, volume, doomed)
    _plug(store, server, want)
    store.servers[server["id"]] = server
    if volume and not doomed:
        add_root(store, server)
    if company:
        company["_members"].append(server["id"])
    groups = [{"name": group["name"]} for group in want.get("security_groups") or [{"name": "default"}]]
    return 202, {"server": {"id": server["id"], "links": [], "security_groups": groups}}


@routes.on("PUT", "/servers/<id>")
def rename_server(call: Call) -> Answer:
    server = find(call.store.servers, call.id, "Instance")
    server["name"] = call.fields("server", ("name",))["name"]
    return {"server": _looked_at(call.store, server)}


@routes.on("DELETE", "/servers/<id>")
def delete_server(call: Call) -> Answer:
    server = find(call.store.servers, call.id, "Instance")
    if server.get("_protected"):
        raise Refused(409, f"Instance {server['id']} is protected from deletion.")
    if not server["_deleting"]:
        server.update(_deleting=True, _looks=0)
    return 204, None


def _flavors(call: Call) -> list[Record]:
    query = call.request.args
    return [flavor for flavor in FLAVORS.values()
            if flavor["ram"] >= int(query.get("minRam", 0)) and flavor["disk"] >= int(query.get("minDisk", 0))]


def _root_volume(store: Store, want: Record) -> tuple[Record | None, str]:
    """The root volume asked for, and what will break the server later ('' when nothing will)."""
    mappings = want.get("block_device_mapping_v2") or []
    root = next((mapping for mapping in mappings if mapping.get("boot_index") in (0, "0")), None)
    if root is None:
        return None, "Block Device Mapping is Invalid: no boot device; this flavor has no local disk."
    if root.get("source_type") != "image" or root.get("destination_type") != "volume":
        raise Refused(400, "Block Device Mapping is Invalid: this emulator boots from a volume made of an image.")
    if root.get("uuid") in store.images:
        raise Refused(400, "This emulator boots no image that was uploaded.")
    image = IMAGES.get(root.get("uuid") or want.get("imageRef", ""))
    if image is None:
        raise Refused(400, f"Block Device Mapping is Invalid: failed to get image {root.get('uuid')}.")
    size = int(root.get("volume_size") or 0)
    if size < image["min_disk"]:
        raise Refused(400, f"Volume is smaller than the minimum size specified in image metadata. Volume size is {size} GB, "
                           f"minimum size is {image['min_disk']} GB.")
    kind = root.get("volume_type", "General HDD")
    volume = {"id": new_id(), "size": size, "volume_type": kind, "image": image["id"],
              "delete_on_termination": bool(root.get("delete_on_termination", False))}
    return volume, "" if kind in VOLUME_TYPES else f"Volume type {kind} could not be found; build of instance aborted."


def _new_server(store: Store, want: Record, volume: Record | None, doomed: str) -> Record:
    try:
        user_data = base64.b64decode(want.get("user_data") or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(400, "Userdata content needs to be base 64 encoded.") from error
    if len(want.get("user_data") or "") > USER_DATA_LIMIT:
        raise Refused(400, f"User data too large. User data must be no larger than {USER_DATA_LIMIT} bytes once base64 encoded.")
    image = (volume or {}).get("image") or want.get("imageRef", "")
    return {"id": new_id(), "name": want["name"], "key_name": want["key_name"], "flavor_id": want["flavorRef"], "image_id": image,
            "metadata": dict(want.get("metadata") or {}), "zone": want.get("availability_zone") or ZONES[0], "volume": volume,
            "status": "BUILD", "created": store.zulu(), "updated": store.zulu(), "user_data": user_data.decode("utf-8", "replace"),
            "_deleting": False, "_doomed": doomed, "_own_ports": [], "_looks": 0}


def _plug(store: Store, server: Record, want: Record) -> None:
    """Take or make one port for each network asked for; nothing is taken unless everything can be."""
    if not isinstance(want["networks"], list) or not want["networks"]:
        raise Refused(400, "Invalid input for field/attribute networks. It must be a list of at least one.")
    ports = [network["port"] for network in want["networks"] if "port" in network]
    if len(set(ports)) < len(ports):
        raise Refused(400, "Invalid input for field/attribute networks. A port can be used once.")
    for network in want["networks"]:
        if not {"port", "subnet", "uuid"} & set(network):
            raise Refused(400, "Invalid input for field/attribute networks. Each needs one of subnet, port or uuid.")
        if "port" in network:
            if network["port"] not in store.ports:
                raise Refused(400, f"Port {network['port']} could not be found.")
            if store.ports[network["port"]]["device_id"]:
                raise Refused(409, f"Port {network['port']} is still in use.")
        if "subnet" in network and network["subnet"] not in store.subnets:
            raise Refused(400, f"Subnet {network['subnet']} could not be found.")
        if "uuid" in network and network["uuid"] not in store.vpcs:
            raise Refused(400, f"Network {network['uuid']} could not be found.")
    groups = []
    for group in want.get("security_groups") or []:
        if (known := named(store.security_groups.values(), "name", group["name"])) is None:
            raise Refused(400, f"Security group {group['name']} not found for project {store.settings.credentials.tenant_id}.")
        groups.append(known["id"])
    for network in want["networks"]:
        if "port" in network:
            port = store.ports[network["port"]]
        else:
            fixed = {"subnet_id": network.get("subnet"), "ip_address": network.get("fixed_ip")}
            port = add_port(store, {"network_id": store.subnets[network["subnet"]]["vpc_id"] if "subnet" in network else network["uuid"],
                                    "fixed_ips": [{key: value for key, value in fixed.items() if value}],
                                    **({"security_groups": groups} if groups else {})})
            server["_own_ports"].append(port["id"])
        port.update(device_id=server["id"], device_owner=f"compute:{server['zone']}", status="BUILD")


def _matching(call: Call) -> list[Record]:
    store, query = call.store, call.request.args
    bury_servers(store)
    seen = [_looked_at(store, server) for server in store.servers.values()]
    for name, value in (("status", query.get("status")), ("image_id", query.get("image")), ("flavor_id", query.get("flavor"))):
        if value:
            kept = {server["id"] for server in store.servers.values() if server[name] == value}
            seen = [server for server in seen if server["id"] in kept]
    if pattern := query.get("name"):
        try:
            seen = [server for server in seen if re.search(pattern, server["name"])]
        except re.error as error:
            raise Refused(400, f"Invalid input for query parameters name: {error}") from error
    return page(call, seen, 100)[0]


def _looked_at(store: Store, server: Record) -> Record:
    """The server as a client sees it; looking is what lets a finished build show."""
    if server["status"] == "BUILD" and not server["_deleting"]:
        seen = "ERROR" if server["_doomed"] else store.observation("servers", server["id"], "ACTIVE")
        if ripe(server) and seen:
            server.update(status=seen, updated=store.zulu())
            for port in store.ports.values():
                if port["device_id"] == server["id"] and seen == "ACTIVE":
                    port["status"] = "ACTIVE"
    elif server["status"] in ("ACTIVE", "ERROR") and not server["_doomed"]:
        server["status"] = store.observation("servers", server["id"], server["status"]) or server["status"]
    return _detail(store, server)


def _detail(store: Store, server: Record) -> Record:
    addresses: dict[str, list[Record]] = {}
    ports = [port for port in store.ports.values() if port["device_id"] == server["id"]]
    for port in ports:
        entries = addresses.setdefault(store.vpcs[port["network_id"]]["name"], [])
        floating = [held["floating_ip_address"] for held in store.floating_ips.values() if held["port_id"] == port["id"]]
        for kind, found in (("fixed", [ip["ip_address"] for ip in port["fixed_ips"]]), ("floating", floating)):
            entries += [{"addr": address, "version": 4, "OS-EXT-IPS:type": kind, "OS-EXT-IPS-MAC:mac_addr": port["mac_address"]}
                        for address in found]
    active = server["status"] == "ACTIVE"
    volumes = [server["volume"], *volumes_of(store, server)]
    names = {store.security_groups[group]["name"] for port in ports for group in port["security_groups"]}
    detail: dict[str, Any] = {
        "id": server["id"], "name": server["name"], "status": server["status"], "tenant_id": store.settings.credentials.tenant_id,
        "user_id": store.user_id, "key_name": server["key_name"], "metadata": server["metadata"], "hostId": "", "config_drive": "",
        "created": server["created"], "updated": server["updated"], "links": [], "addresses": addresses, "accessIPv4": "", "accessIPv6": "",
        "image": {"id": server["image_id"], "links": []} if server["image_id"] else "", "progress": 100 if active else 0,
        "flavor": {"id": server["flavor_id"], "links": []}, "security_groups": [{"name": name} for name in sorted(names)],
        "OS-DCF:diskConfig": "MANUAL", "OS-EXT-AZ:availability_zone": server["zone"],
        "OS-EXT-STS:power_state": 1 if active else 0, "OS-EXT-STS:vm_state": {"BUILD": "building"}.get(server["status"], server["status"].lower()),
        "OS-EXT-STS:task_state": "deleting" if server["_deleting"] else None if server["status"] != "BUILD" else "spawning",
        "OS-SRV-USG:launched_at": server["updated"] if active else None, "OS-SRV-USG:terminated_at": None,
        "os-extended-volumes:volumes_attached": [{"id": volume["id"]} for volume in volumes if volume],
        "NHN-EXT-ATTR:ephemeral_disk_size": 0, "NHN-EXT-ATTR:protect": bool(server.get("_protected"))}
    if server["status"] == "ERROR":
        detail["fault"] = {"code": 500, "message": server["_doomed"] or "Build of instance failed.", "created": server["updated"]}
    return detail

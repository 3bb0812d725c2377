# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules of openstack.cloud, really tried: what docs/openstack-modules.md says of each is what it does against the emulator."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_faults import fresh
from tests.contract.nhn_walk import HOST, NETWORK

PAGE = Path("docs/openstack-modules.md")
PACKAGE = "ansible_collections.openstack.cloud.plugins.modules."
CHANGED, SAME = "changed", "same"
IMAGE = "Debian 12 Bookworm (2026.01.20)"
APP = "<id of the subnet app>"
UPLOAD = {"name": "i", "filename": str(PAGE.absolute()), "disk_format": "qcow2", "container_format": "bare"}
BALANCER: dict[str, Any] = {"name": "lb", "vip_subnet": "app", "timeout": 20}
Trial = tuple[str, dict[str, Any], str]
# (module, what it is given, what comes of it: changed, same, or words of its failure). One after another: later ones live on earlier ones.
LOOKS: list[Trial] = [(name, {}, SAME) for name in (
    "auth", "networks_info", "subnets_info", "port_info", "floating_ip_info", "image_info", "compute_flavor_info", "server_info",
    "security_group_info", "security_group_rule_info", "keypair_info", "volume_info", "volume_snapshot_info")]
KEPT: list[Trial] = [
    ("resource", {"service": "network", "type": "port", "attributes": {"name": "port"}}, SAME),
    ("resources", {"service": "network", "type": "port"}, SAME),
    ("keypair", {"name": "k"}, CHANGED), ("keypair", {"name": "k"}, SAME), ("keypair", {"name": "k", "state": "absent"}, CHANGED),
    ("port", {"name": "p", "network": "vpc"}, CHANGED), ("port", {"name": "p", "network": "vpc"}, SAME),
    ("port", {"name": "p", "network": "vpc", "fixed_ips": [{"ip_address": "192.168.10.99"}]}, CHANGED),
    ("port", {"name": "p", "network": "vpc", "fixed_ips": [{"ip_address": "192.168.10.99"}]}, CHANGED),        # without its subnet, every time
    ("port", {"name": "p", "network": "vpc", "port_security_enabled": False, "no_security_groups": True}, "Port security must be enabled"),
    ("port", {"name": "p", "network": "vpc", "state": "absent"}, CHANGED),
    ("volume", {"name": "v", "size": 10}, CHANGED), ("volume", {"name": "v", "size": 10}, SAME),
    ("volume", {"name": "v", "size": 20}, CHANGED), ("volume", {"name": "v", "size": 20}, CHANGED),             # it says so, and nothing grew
    ("volume_snapshot", {"name": "s", "volume": "v"}, CHANGED), ("volume_snapshot", {"name": "s", "volume": "v"}, SAME),
    ("volume_snapshot", {"name": "s", "volume": "v", "state": "absent"}, CHANGED),
    ("server_volume", {"server": "host", "volume": "v", "timeout": 20}, CHANGED), ("server_volume", {"server": "host", "volume": "v"}, SAME),
    ("server_volume", {"server": "host", "volume": "v", "state": "absent", "timeout": 20}, CHANGED),
    ("volume", {"name": "v", "state": "absent"}, CHANGED),
    ("server_group", {"name": "g", "policy": "anti-affinity"}, CHANGED), ("server_group", {"name": "g", "policy": "anti-affinity"}, SAME),
    ("server_group", {"name": "g", "state": "absent"}, CHANGED),
    ("image", UPLOAD, CHANGED), ("image", UPLOAD, SAME), ("image", {"name": "i", "state": "absent"}, CHANGED),
    ("security_group", {"name": "sg"}, CHANGED), ("security_group", {"name": "sg"}, SAME),
    ("security_group_rule", {"security_group": "sg", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}, CHANGED),
    ("security_group_rule", {"security_group": "sg", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}, SAME),
    ("security_group", {"name": "sg", "security_group_rules": [{"protocol": "udp", "port_range_min": 53, "port_range_max": 53}]},
     "Unable to find 'security_group_rule'"),
    ("security_group", {"name": "sg", "state": "absent"}, CHANGED),
    ("loadbalancer", {**BALANCER, "name": "empty"}, CHANGED), ("loadbalancer", {"name": "empty", "vip_subnet": "app", "timeout": 20}, SAME),
    ("loadbalancer", {"name": "empty", "state": "absent", "timeout": 20}, CHANGED),
    ("loadbalancer", BALANCER, CHANGED),
    ("lb_listener", {"name": "li", "load_balancer": "lb", "protocol": "HTTP", "protocol_port": 80, "timeout": 20}, CHANGED),
    ("lb_listener", {"name": "li", "load_balancer": "lb", "protocol": "HTTP", "protocol_port": 80}, SAME),
    ("lb_pool", {"name": "po", "listener": "li", "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN", "timeout": 1}, "Timeout waiting for Pool"),
    ("lb_pool", {"name": "po", "listener": "li", "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN"}, SAME),
    ("loadbalancer", BALANCER, SAME), ("loadbalancer", BALANCER, SAME),         # looked at until it is idle again
    ("lb_member", {"name": "m", "pool": "po", "address": "192.168.10.21", "protocol_port": 80, "subnet_id": APP}, "attribute(s) 'name'"),
    ("lb_health_monitor", {"name": "hm", "pool": "po", "type": "TCP", "delay": 10, "health_monitor_timeout": 5, "max_retries": 3},
     "attribute(s) 'name'"),
]
OBJECTS: list[Trial] = [
    ("object_container", {"name": "c"}, CHANGED), ("object_container", {"name": "c"}, SAME),
    ("object_container", {"name": "c", "metadata": {"a": "b"}}, CHANGED), ("object_containers_info", {}, SAME),
    ("object", {"container": "c", "name": "o", "filename": str(PAGE.absolute())}, CHANGED),
    ("object", {"container": "c", "name": "o", "filename": str(PAGE.absolute())}, SAME),
    ("object", {"container": "c", "name": "o", "state": "absent"}, CHANGED), ("object_container", {"name": "c", "state": "absent"}, CHANGED),
]
REFUSED: list[Trial] = [
    ("server", {"name": "s", "flavor": "m2.c1m2", "image": IMAGE, "network": "vpc", "key_name": "keypair", "boot_from_volume": True,
                "volume_size": 20, "auto_ip": False}, "attribute(s) 'tags'"),
    ("server_action", {"server": "host", "action": "stop", "timeout": 10}, "does not stop"),
    ("server_metadata", {"server": "host", "metadata": {"a": "b"}}, "405"),
    ("floating_ip", {"server": "host", "network": "Public Network", "timeout": 10}, "os-floating-ips"),
    ("volume_type_info", {"name": "General SSD"}, "TypeEncryption"),
    ("object_container", {"name": "c"}, "object-store"), ("network", {"name": "n"}, "405"),
    ("subnet", {"name": "s", "network_name": "vpc", "cidr": "192.168.200.0/24"}, "405"), ("router", {"name": "r"}, "404"),
    ("routers_info", {}, "404"),
    ("coe_cluster", {"name": "k", "cluster_template_id": "iaas_console"}, "400"),
    *((name, {}, "identity") for name in ("catalog_service_info", "project_info")), ("quota", {"name": "any"}, "identity"),
    ("compute_flavor", {"name": "f", "ram": 1, "vcpus": 1, "disk": 1}, "405"), ("volume_backup", {"name": "b", "volume": "data"}, "404"),
    ("trunk", {"name": "t", "port": "port"}, "404"),
    ("recordset", {"zone": "a.", "name": "b.", "recordset_type": "a", "records": ["192.0.2.1"]}, "dns"),
    ("stack_info", {}, "orchestration"), ("compute_service_info", {}, "404"),
]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NhnCloud, dict[str, str]]]:
    """A cloud with a network, a host and a volume; and the environment in which modules find it as `nhn`, its Object Storage as `objects`."""
    folder = tmp_path_factory.mktemp("openstack")
    with fresh() as cloud:
        for kind, options in NETWORK + HOST:
            cloud.make(kind, **options)
        account = {"auth_url": cloud.auth["identity_url"], "username": cloud.auth["username"], "password": cloud.auth["password"]}
        common: dict[str, Any] = {"auth_type": "v2password", "region_name": "KR1"}
        nhn = {**common, "auth": {**account, "tenant_id": cloud.auth["tenant_id"]}, "volume_api_version": "2", "image_api_version": "2",
               "image_endpoint_override": f"{cloud.url}/image/v2", "load_balancer_endpoint_override": f"{cloud.url}/network/v2.0"}
        objects = {**common, "auth": {**account, "tenant_id": cloud.auth["object_tenant_id"]}}
        (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"nhn": nhn, "objects": objects}}), encoding="utf-8")
        (folder / "sitecustomize.py").write_text("import openstack.version\n", encoding="utf-8")     # as the page says
        app = next(subnet["id"] for subnet in cloud.store.subnets.values() if subnet["name"] == "app")
        # Module security_group meets a KeyError or not by the order of a set (the page says so): one order, so that a test is one.
        yield cloud, {"PATH": os.environ["PATH"], "HOME": str(folder), "APP": app, "PYTHONHASHSEED": "3",
                     "OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml"), "PYTHONPATH": str(folder)}


def outcome(module: str, options: dict[str, Any], environment: dict[str, str], cloud: str) -> str:
    """What a module, as a process of its own, answered: changed, same, or what it failed with."""
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {"cloud": cloud, **options}}).replace(APP, environment["APP"])
    done = subprocess.run([sys.executable, "-W", "ignore", "-m", PACKAGE + module], input=arguments, capture_output=True, text=True, check=False,
                          timeout=120, env=environment)
    told = json.loads(done.stdout)
    return str(told["msg"]) if told.get("failed") else CHANGED if told.get("changed") else SAME


@pytest.mark.long
@pytest.mark.parametrize("trials, cloud", [(LOOKS, "nhn"), (KEPT, "nhn"), (OBJECTS, "objects"), (REFUSED, "nhn")],
                         ids=["looks", "kept", "objects", "refused"])
def test_each_does_what_the_page_says(trials: list[Trial], cloud: str, tried: tuple[NhnCloud, dict[str, str]]) -> None:
    """All of them, so that one look tells everything that has changed."""
    told = [(module, options, outcome(module, options, tried[1], cloud), wanted) for module, options, wanted in trials]
    assert [each for each in told if each[3] not in each[2]] == []
    assert {volume["name"]: volume["size"] for volume in tried[0].store.volumes.values()}["data"] == 10


def rows() -> dict[str, str]:
    """{module: what the page says of whether it works}."""
    found = re.findall(r"^\| (`.*?) \| (.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {module: works for modules, works in found for module in re.findall(r"`(\w+)`", modules)}


def test_every_module_of_the_collection_is_on_the_page() -> None:
    modules = Path(sys.modules["ansible"].__file__ or "").parent.parent / "ansible_collections" / "openstack" / "cloud" / "plugins" / "modules"
    assert sorted(path.stem for path in modules.glob("*.py") if path.stem != "__init__") == sorted(rows())


def test_the_page_says_of_each_module_what_came_of_it() -> None:
    """yes: all it was tried with went well. partly: some did. no: nothing did."""
    seen: dict[str, set[bool]] = {}
    for module, _, wanted in [*LOOKS, *KEPT, *OBJECTS, *(trial for trial in REFUSED if trial[0] != "object_container")]:
        seen.setdefault(module, set()).add(wanted in (CHANGED, SAME))
    means = {frozenset({True}): "yes", frozenset({False}): "no", frozenset({True, False}): "partly"}
    assert {module: rows()[module] for module in seen} == {module: means[frozenset(went)] for module, went in seen.items()}

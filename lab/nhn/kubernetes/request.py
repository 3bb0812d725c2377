# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a cluster may be asked to be: the create call's rules, each refused by name."""

from __future__ import annotations

import re
from typing import Any

from ..calls import checked
from ..compute import FLAVORS
from ..errors import Refused
from ..store import Record, Store, ripe
from .labels import check_cluster_labels

CALICO = ("calico", "v3.28.2-nks1")
COREDNS = ("coredns", "1.8.4-nks1")
# What can be installed, and its type, as the user guide lists it (March 2026). Its two CSI plugins are left out.
ADDONS = {CALICO: "cni", COREDNS: "kube-dns", ("calico", "v3.28.2-nks2"): "cni", ("calico", "v3.30.2-nks1"): "cni", ("calico", "v3.30.2-nks2"): "cni",
          ("coredns", "1.8.4-nks2"): "kube-dns", ("metrics_server", "v0.4.4-nks1"): "metrics-server",
          ("metrics_server", "v0.4.4-nks2"): "metrics-server", ("snapshot_controller", "v4.1.1-nks1"): "snapshot-controller",
          ("snapshot_controller", "v4.1.1-nks2"): "snapshot-controller"}
MANDATORY = ("cni", "kube-dns")
NAME = re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]")
KEYPAIR_SECONDS = 30    # how long one that was just made may be unknown to this service: for a call, here
REQUIRED = ("cluster_template_id", "name", "keypair", "node_count", "flavor_id", "fixed_network", "fixed_subnet", "labels")
OPTIONAL = ("create_timeout", "addons")


def check_cluster(store: Store, body: dict[str, Any]) -> Record:
    """The create call's body, or the refusal it earns."""
    want = checked(body, REQUIRED, OPTIONAL)
    if want["cluster_template_id"] != "iaas_console":
        raise Refused(400, f"ClusterTemplate {want['cluster_template_id']} could not be found.")
    if not NAME.fullmatch(want["name"]):
        raise Refused(400, f"Invalid cluster name '{want['name']}': at most 20 of a-z, 0-9 and -, from a letter to a letter or digit.")
    keypair = store.keypairs.get(want["keypair"])
    if keypair is None or (store.now() - keypair["_made"] < KEYPAIR_SECONDS and not ripe(keypair)):
        raise Refused(403, f"Unable to find keypair {want['keypair']}.")
    if want["flavor_id"] not in FLAVORS:
        raise Refused(400, f"Unable to find flavor {want['flavor_id']}.")
    if not str(want["node_count"]).isdigit() or not 1 <= int(want["node_count"]) <= 10:
        raise Refused(400, f"Invalid input for field/attribute node_count. Value: '{want['node_count']}'. Value should be 1 to 10.")
    if want["fixed_network"] not in store.vpcs:
        raise Refused(400, f"Unable to find fixed network {want['fixed_network']}.")
    if store.subnets.get(want["fixed_subnet"], {}).get("vpc_id") != want["fixed_network"]:
        raise Refused(400, f"Unable to find fixed subnet {want['fixed_subnet']} in network {want['fixed_network']}.")
    for addon in want.get("addons") or []:
        if (addon.get("name"), addon.get("version")) not in ADDONS:
            raise Refused(400, f"Addon {addon.get('name')} {addon.get('version')} could not be found.")
    kinds = [ADDONS[addon["name"], addon["version"]] for addon in want.get("addons") or []]
    if kinds and any(kinds.count(kind) != 1 for kind in MANDATORY):
        raise Refused(400, "A cluster needs exactly one cni and one kube-dns addon.")
    check_cluster_labels(store, want)
    return want

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NKS cluster. One template for all, everything else in string labels; the CNI and DNS addons are always named, as clusters made without
them were seen to fail in their worker group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from ..engine import Field, unseen
from ..faults import BadInput, Fault, Refused, WentWrong
from ..waiting import FAILED, PENDING, READY, wait
from . import kubernetes_access as access
from . import kubernetes_addons as addons
from . import kubernetes_autoscaler as autoscaler
from .iaas import Iaas, meant, not_offered, segment
from .kubernetes_labels import harmless, range_faults, typed
from .resource import Missing, Resource, waits
from .spelling import called, within

NAME = called("[a-z][a-z0-9-]{0,18}[a-z0-9]", "2 to 20 small letters, digits and -, from a letter to a letter or digit")
TEMPLATE = "iaas_console"
WORKERS = "default-worker"
NEW_KEYPAIR_SECONDS = 90            # a keypair just made is unknown to the service for about half a minute


def refuse_name(name: str) -> None:
    """Raise BadInput for what no new cluster or node group can be called."""
    try:
        NAME(name)
    except ValueError as wrong:
        raise BadInput([f"name: {wrong}"]) from None


def complete(seen: Mapping[str, Any]) -> str:
    """Ready in *_COMPLETE, failed in *_FAILED, else pending."""
    status = seen["status"] or ""
    return READY if status.endswith("_COMPLETE") else FAILED if status.endswith("_FAILED") else PENDING


def at_rest(seen: Mapping[str, Any]) -> str:
    """Ready unless something is in progress: what is to be removed need not be well."""
    return PENDING if complete(seen) == PENDING else READY


def once_taken(cloud: Iaas, ask: Callable[[], dict[str, Any]], rest: Callable[[], Any]) -> dict[str, Any]:
    """What `ask` answers, a change of something that was read as complete. That may have lagged behind an earlier change: one that is refused as a
    change is in progress is asked for twice more, after `rest`, which waits for that."""
    for more in (True, True, False):
        try:
            return ask()
        except Refused as no:
            if not (more and no.answer and no.answer.status in (400, 409) and "IN_PROGRESS" in no.answer.words):
                raise
            cloud.clock.sleep(5)
            rest()
    raise AssertionError                    # the last turn returns or raises


def refuse_failed(noun: str, name: str, have: Mapping[str, Any] | None) -> None:
    """Raise WentWrong for what is in a state that it does not leave by itself: nothing can be kept of it, so nothing is foretold either."""
    if have and complete(have) == FAILED:
        why = f", {have['status_reason']!r}" if have.get("status_reason") else ""
        raise WentWrong(f"keep {noun}", name, left=f"It is {have['status']}{why}, a state it does not leave by itself. Nothing was touched.",
                        then="Look into it there; a new run starts from what it finds.")


@contextmanager
def told_apart(cloud: Iaas, given: str) -> Iterator[None]:
    """Reading of a cluster by name: where several are called so, which the service refuses with 409 and without their ids, Ambiguous with these."""
    try:
        yield
    except Refused as no:
        if no.answer and no.answer.status == 409:
            meant([{"id": raw["uuid"], **raw} for raw in cloud.list("kubernetes", "/clusters", "clusters")], "kubernetes cluster", given)
        raise


class KubernetesCluster(Resource):
    """Fields as listed below, vpc, subnet and flavor as ids; node_count and autoscaler are those of the first worker group. Also read: id
    (uuid), status, api_address. What becomes a label (zone, image, volume, public_endpoint, labels) is used at birth and not compared: the
    service rewrites labels as it upgrades."""

    noun, service, path, key = "kubernetes cluster", "kubernetes", "/clusters", "cluster"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("version", needed=True, fixed=True),
        Field("keypair", option={"type": "str", "no_log": False}, needed=True, fixed=True),
        Field("vpc", needed=True, fixed=True),
        Field("subnet", needed=True, fixed=True),
        Field("flavor", needed=True, fixed=True),
        Field("node_count", needed=True, tidy=within(*autoscaler.NODES), option={"type": "int"}),
        Field("autoscaler", same=autoscaler.same, option=autoscaler.OPTION),
        Field("zone", needed=True, same=unseen),
        Field("image", needed=True, same=unseen),
        Field("volume_type", same=unseen, option={"type": "str", "default": "General SSD"}),
        Field("volume_gb", same=unseen, option={"type": "int", "default": 50}),
        Field("public_endpoint", same=unseen, option={"type": "bool", "default": True}),
        Field("addons", same=addons.same, option=addons.OPTION),
        Field("api_allowed_cidrs", same=access.same, option={"type": "list", "elements": "str"}),
        Field("labels", same=unseen, secret=True, tidy=typed, option={"type": "dict"}),
    )
    # Not for a variable that somebody edited: an upgrade is for good, and other workers than these may be far too small.
    left_to_people: ClassVar[dict[str, str]] = {
        "flavor": "nhn_kubernetes_node_group changes that of default-worker, whose flavor this is: its workers are stopped one by one.",
        "version": "Have it upgraded in the console, first the cluster and then each node group."}
    options: ClassVar[dict[str, Any]] = waits(3600)
    _want: dict[str, Any]

    @classmethod
    def shown(cls, params: Mapping[str, Any]) -> set[str]:
        return harmless(params.get("labels"))

    def locate(self) -> dict[str, Any]:
        wrong = [*autoscaler.faults(self.params.get("autoscaler")), *addons.faults(self.params.get("addons"))]
        if wrong := wrong + access.faults(self.params.get("api_allowed_cidrs")):
            raise BadInput(wrong)
        return {}

    def find(self) -> dict[str, Any] | None:
        """By name, which the service takes in place of an id. Only what it is: nothing says how the service itself compares names."""
        raw = self._read(self.name, gone_is_fine=True)
        return self._whole(raw) if raw and self.name in (raw["uuid"], raw["name"]) else None

    def look_up(self, identity: str) -> dict[str, Any]:
        return self._whole(self._read(identity))

    def _read(self, identity: str, below: str = "", gone_is_fine: bool = False) -> dict[str, Any]:
        with told_apart(self.cloud, identity):
            return self.cloud.call("GET", "kubernetes", f"{self.path}/{segment(identity)}{below}", doing="read kubernetes cluster", to=self.name,
                                   gone_is_fine=gone_is_fine)

    def _whole(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The cluster with what is asked for of its workers and addons, which the service tells apart. Its own count is that of all groups."""
        now = self.shape(raw)
        workers = f"/nodegroups/{WORKERS}"
        if self.params.get("node_count") is not None:
            now["node_count"] = self._read(now["id"], workers, gone_is_fine=True).get("node_count", now["node_count"])
        if self.params.get("autoscaler") or self.params.get("node_count") not in (None, now["node_count"]):
            now["autoscaler"] = autoscaler.shape(self._read(now["id"], f"{workers}/autoscale", gone_is_fine=True))
        if self.params.get("state") == "absent":    # it may go between one answer and the next
            return now
        if self.params.get("addons") is not None:
            now["addons"] = addons.shape(self._read(now["id"], "/addons")["addons"])
        if self.params.get("api_allowed_cidrs") is not None:
            own = next((str(raw["cidr"]) for raw in self._subnets(now["vpc"]) if raw["id"] == now["subnet"]), "")
            now["api_allowed_cidrs"] = access.shape(self._read(now["id"], "/api_ep_ipacl"), own, self.params["api_allowed_cidrs"])
        return now

    def _subnets(self, vpc: str) -> list[dict[str, Any]]:
        return self.cloud.list("network", "/vpcsubnets", "vpcsubnets", vpc_id=vpc)

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["uuid"], "name": raw["name"], "status": raw["status"], "status_reason": raw.get("status_reason"),
                "version": (raw.get("labels") or {}).get("kube_tag"), "keypair": raw.get("keypair"), "vpc": raw.get("fixed_network"),
                "subnet": raw.get("fixed_subnet"), "flavor": raw.get("flavor_id"), "node_count": int(raw.get("node_count") or 0),
                "api_address": raw.get("api_address")}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        self._want = want
        refuse_failed(self.noun, self.name, self.have)
        if "autoscaler" in want:
            want["autoscaler"] = autoscaler.said_on_top((self.have or {}).get("autoscaler"), want["autoscaler"])
        self._refuse_impossible(want)
        self._network(want)
        if "flavor" in want and want["flavor"] != (self.have or {}).get("flavor"):
            want["flavor"] = self.cloud.offered("flavor", "compute", "/flavors", want["flavor"])
        if self.have is None:
            self._refuse_unoffered(want)
            self._note_way_out(want)
            self._refuse_ranges(want)
            if wrong := list(autoscaler.faults(want.get("autoscaler"), want.get("node_count"))):
                raise BadInput(wrong)
            if "keypair" in want:
                self.note_keypair(want["keypair"])
            if "image" in want:
                want["image"] = self.cloud.image(want["image"], nhncloud_allow_nks_cpu_flavor="true", visibility="public")["id"]
            return want
        if self.have["keypair"] == "managed-by-nks":
            want.pop("keypair", None)
        if autoscaler.rules(self.have.get("autoscaler"), want.get("autoscaler")):
            want.pop("node_count", None)
        return want

    def _refuse_impossible(self, want: Mapping[str, Any]) -> None:
        """Raise BadInput for what goes together with what is there no more than with what is wanted. The list of addons is asked for only when
        one is to change."""
        have, asked = self.have or {}, want.get("addons") or []
        wrong = list(autoscaler.faults(want.get("autoscaler")))
        if asked and not (have and addons.same(have.get("addons"), asked)):
            wrong += addons.unoffered(have.get("addons") or [], asked, self.cloud.list("kubernetes", "/addons", "addons"))
        if wrong:
            raise BadInput(wrong)

    def _refuse_unoffered(self, want: Mapping[str, Any]) -> None:
        """Raise for what a new one cannot be like, by the service's own lists."""
        refuse_name(self.name)
        self.cloud.refuse_unknown_zone(want.get("zone"))
        self.cloud.refuse_unknown_volume_type(want.get("volume_type"))
        if "version" in want:
            supported = self.cloud.call("GET", "kubernetes", "/supports", doing="list", to="versions")["supported_k8s"]
            offered = [version for version, good in supported.items() if str(good).lower() == "true"]
            if want["version"] not in offered:
                raise not_offered("kubernetes version", want["version"], offered)

    def _leads_out(self, subnet: str, vpc: str) -> bool:
        """Whether the table that the subnet follows has an internet gateway."""
        return any((raw.get("routingtable") or {}).get("gateway_id") for raw in self._subnets(vpc) if raw["id"] == subnet)

    def _note_way_out(self, want: Mapping[str, Any]) -> None:
        """Note in self.needs what nodes fetch their images by: the internet, or the service gateways of the registry and of Object Storage."""
        vpc, subnet, labels = want.get("vpc"), want.get("subnet"), want.get("labels") or {}
        if vpc is None or subnet is None or isinstance(subnet, Missing) or {"ncr_sgw", "obs_sgw"} <= set(labels):
            return
        if not self._leads_out(subnet, vpc):
            self.needs.append(f"an internet gateway on the routing table of subnet {self.params['subnet']}, or the labels ncr_sgw and obs_sgw")

    def _refuse_ranges(self, want: Mapping[str, Any]) -> None:
        """Raise BadInput for ranges that the service documents as impossible, once there is a subnet to compare them with."""
        own = next((str(raw["cidr"]) for raw in (self._subnets(want["vpc"]) if "vpc" in want else ()) if raw["id"] == want.get("subnet")), "")
        if own and (wrong := range_faults(want.get("labels") or {}, own)):
            raise BadInput(wrong)

    def _network(self, want: dict[str, Any]) -> None:
        """Ids of the VPC and the subnet. The subnets of the cluster's own VPC name that VPC, so one list mostly tells both."""
        have = self.have or {}
        by_name = any(name in want and want[name] != have.get(name) for name in ("vpc", "subnet"))
        listed = self._subnets(have["vpc"]) if have and by_name else []
        for raw in (each for each in listed if each["id"] == have["subnet"]):
            for name, thing in (("vpc", raw.get("vpc") or {}), ("subnet", raw)):
                if want.get(name) == thing.get("name"):
                    want[name] = have[name]
        if "vpc" in want and want["vpc"] != have.get("vpc"):
            want["vpc"] = self.vpc(want["vpc"])
        if "subnet" in want and want["subnet"] != have.get("subnet"):
            want["subnet"] = self.parent("subnet", "network", "/vpcsubnets", want["subnet"], **({"vpc_id": want["vpc"]} if "vpc" in want else {}))

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        labels = {
            "availability_zone": values["zone"], "node_image": values["image"], "boot_volume_type": values["volume_type"],
            "boot_volume_size": str(values["volume_gb"]), "cert_manager_api": "True", "clusterautoscale": "nodegroupfeature",
            **autoscaler.labels(values.get("autoscaler")), "kube_tag": values["version"],
            "master_lb_floating_ip_enabled": str(values["public_endpoint"]),
        }
        if values["public_endpoint"] or self._leads_out(values["subnet"], values["vpc"]):
            outside = self.cloud.external_network()["id"]
            networks = self.cloud.list("network", "/networks", "networks", **{"router:external": "True"})
            subnets = [subnet for network in networks if network["id"] == outside for subnet in network.get("subnets", ())]
            labels.update(external_network_id=outside, external_subnet_id_list=":".join(subnets))
        return {"name": values["name"], "cluster_template_id": TEMPLATE, "keypair": values["keypair"], "node_count": values["node_count"],
                "flavor_id": values["flavor"], "fixed_network": values["vpc"], "fixed_subnet": values["subnet"], "create_timeout": 60,
                "labels": {**labels, **(values.get("labels") or {})},
                "addons": addons.asked(values.get("addons"))}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Ask for it, again while the service does not know the new keypair yet, and wait until it is complete."""
        body = self.body(want)

        def ask() -> dict[str, Any] | Refused:
            try:
                return self.cloud.call("POST", "kubernetes", self.path, doing="create kubernetes cluster", to=self.name, json=body)
            except Refused as no:
                if no.answer and no.answer.status == 403 and "keypair" in no.answer.words.lower():
                    return no
                raise

        made = wait(ask, lambda got: PENDING if isinstance(got, Refused) else READY, NEW_KEYPAIR_SECONDS, 10, self.cloud.clock,
                    doing="create kubernetes cluster", to=self.name, show=lambda got: str(got.answer) if isinstance(got, Refused) else "made")
        if isinstance(made, Refused):
            raise AssertionError
        return self.settled(self.get(self.made(made["uuid"])))

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        """One thing after another, each to its end: the service takes no change while another goes on. An autoscaler that goes off goes
        first and one that comes on comes last, as nodes cannot be counted by hand while it is on."""
        now = self.settled(have)
        order = ["node_count", "autoscaler"] if want.get("autoscaler", {}).get("enabled") else ["autoscaler", "node_count"]
        for name in [name for name in (*order, "addons", "api_allowed_cidrs") if name in drift]:
            now = getattr(self, f"_change_{name}")(now, want[name])
        return now

    def _change_node_count(self, now: dict[str, Any], count: int) -> dict[str, Any]:
        """The count follows the status with a delay, so both are waited for."""
        self._send("POST", now["id"], "/actions/resize", "resize", {"nodegroup": WORKERS, "node_count": count})

        def resized(cluster: Mapping[str, Any]) -> str:
            verdict = complete(cluster)
            return PENDING if verdict == READY and cluster["node_count"] != count else verdict

        return self._wait(resized, now["id"], "see it resized")

    def _change_autoscaler(self, now: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        workers = f"/nodegroups/{WORKERS}"
        self._send("POST", now["id"], f"{workers}/autoscale", "set the autoscaler of", autoscaler.body(said))
        wait(lambda: self._read(now["id"], workers), complete, self.params["wait_seconds"], 5, self.cloud.clock,
             doing="see the autoscaler set: kubernetes cluster", to=self.name, show=lambda seen: seen["status"])
        if said.get("enabled"):
            self._want.pop("node_count", None)      # from here on the nodes are counted by it
        return self.settled(self.get(now["id"]))

    def _change_addons(self, now: dict[str, Any], wanted: list[dict[str, Any]]) -> dict[str, Any]:
        for method, below, body in addons.changes(now.get("addons") or (), wanted):
            self._send(method, now["id"], below, "change the addons of", body)
            now = self._wait(lambda seen: addons.settled(seen["addons"]) if complete(seen) == READY else complete(seen), now["id"],
                             "see its addons settled")
        return now

    def _change_api_allowed_cidrs(self, now: dict[str, Any], allowed: list[str]) -> dict[str, Any]:
        self._send("POST", now["id"], "/api_ep_ipacl", "say who may reach the API of", access.body(allowed))
        return self._wait(complete, now["id"], "see its API open to those alone")

    def _send(self, method: str, identity: str, below: str, doing: str, body: dict[str, Any] | None) -> None:
        once_taken(self.cloud, lambda: self.cloud.call(method, "kubernetes", f"{self.path}/{identity}{below}",
                                                       doing=f"{doing} kubernetes cluster", to=self.name, json=body),
                   lambda: self._wait(complete, identity, "see it at rest"))

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until nothing is in progress."""
        return now if complete(now) == READY else self._wait(complete, now["id"], "see it complete")

    def delete(self, have: dict[str, Any]) -> None:
        """Remove it and wait until it is gone: its subnet cannot go before."""
        super().delete(have)

        def gone(seen: Mapping[str, Any] | None) -> str:
            return READY if seen is None else FAILED if seen["status"] == "DELETE_FAILED" else PENDING

        wait(self.find, gone, self.params["wait_seconds"], 10, self.cloud.clock, doing="see it gone: kubernetes cluster", to=self.name,
             show=lambda seen: seen and seen["status"])

    def _wait(self, judge: Any, identity: str, doing: str) -> dict[str, Any]:
        return wait(lambda: self.get(identity), judge, self.params["wait_seconds"], 5, self.cloud.clock, doing=f"{doing}: {self.noun}",
                    to=self.name, show=lambda seen: f"{seen['status']} {seen['status_reason'] or ''}".strip())

    def kubeconfig(self, identity: str) -> str:
        """The administrator's kubeconfig, YAML text with a client key inside: never show it."""
        config = self._read(identity, "/config").get("config")
        if not config:
            raise Fault("fetch the kubeconfig of", self.name, left="The answer held none.", then="Wait until the cluster is complete.")
        return str(config)

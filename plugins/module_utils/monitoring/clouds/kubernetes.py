# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the cluster knows of its nodes, of the application's pods and of their scaler, read from its API. Reads only.

The cluster is found by its name and its credentials come from NHN Cloud, once for as long as they are taken: who asks holds them in memory alone.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...faults import Absent
from ...nhn.iaas import Iaas
from .figures import Figure, figure

PATIENCE = 10.0                     # seconds
ENOUGH = 500                        # of one kind; of more than these the rest is not looked at
LARGEST = 16 * 2**20                # bytes of an answer
# Quantities as Kubernetes writes them.
SUFFIXES = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
            "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


class Kubernetes:
    """auth: as option auth of the nhn_* modules; cluster: its name; namespace: the application's."""

    def __init__(self, auth: Mapping[str, Any], cluster: str, namespace: str) -> None:
        self._auth, self._cluster, self._namespace = dict(auth), cluster, namespace
        self._door: Door | None = None

    def asks(self) -> dict[str, Callable[[], Sequence[Figure]]]:
        """{API: what asks it}."""
        return {"kubernetes": self._asked}

    def _asked(self) -> list[Figure]:
        """After a round that failed the credentials are fetched anew: they may have run out, or the cluster may be another one."""
        if self._door is None:
            self._door = self._fetched()
        try:
            return told(self._door, self._namespace)
        except Exception:
            self._door = None
            raise

    def _fetched(self) -> Door:
        import yaml  # on hosts that have a cluster to look at

        cloud, noun = Iaas(self._auth), f"kubernetes cluster {self._cluster}"
        found = cloud.named("kubernetes", "/clusters", "clusters", "cluster", self._cluster)
        if not found:
            raise Absent("find", noun, left="Nothing was touched.", then="Make it first.")
        told = cloud.call("GET", "kubernetes", f"/clusters/{found['uuid']}/config", doing="fetch the kubeconfig of", to=noun)
        return Door(yaml.safe_load(told["config"]))


class Door:
    """The API that a kubeconfig leads to, by its current context."""

    def __init__(self, kubeconfig: Mapping[str, Any]) -> None:
        context = _named(kubeconfig["contexts"], kubeconfig["current-context"])["context"]
        cluster, user = _named(kubeconfig["clusters"], context["cluster"])["cluster"], _named(kubeconfig["users"], context["user"])["user"]
        self._server, self._token = str(cluster["server"]).rstrip("/"), str(user.get("token") or "")
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self._server.startswith("https:"):
            handlers.append(urllib.request.HTTPSHandler(context=_trust(cluster, user)))
        self._direct = urllib.request.build_opener(*handlers)

    def get(self, path: str) -> dict[str, Any] | None:
        """The object there, None where the cluster offers none of that kind. Raises OSError or ValueError."""
        headers = {"Accept": "application/json", **({"Authorization": f"Bearer {self._token}"} if self._token else {})}
        try:
            with self._direct.open(urllib.request.Request(self._server + path, headers=headers), timeout=PATIENCE) as answer:
                read = answer.read(LARGEST + 1)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise
        if len(read) > LARGEST:
            raise ValueError("larger than an answer may be")
        return dict(json.loads(read))


def told(door: Door, namespace: str) -> list[Figure]:
    """What a cluster tells now. A kind that it does not offer, such as nodes in a cluster without any or measures without their server, has no
    figures."""
    nodes, pods = _items(door, "/api/v1/nodes"), _items(door, f"/api/v1/namespaces/{namespace}/pods")
    used = _items(door, f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods")
    scalers = _items(door, f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers")
    living = [each for each in pods or () if each.get("status", {}).get("phase") not in ("Succeeded", "Failed")]    # else it is a job's that is over
    usage = [container["usage"] for each in used or () for container in each.get("containers", ())]
    return [
        *_ready("multicloud_dr_cloud_nodes", nodes), *_ready("multicloud_dr_cloud_pods", None if pods is None else living),
        *figure("multicloud_dr_cloud_pods_cpu_cores", sum(quantity(each["cpu"]) for each in usage) if usage else None),
        *figure("multicloud_dr_cloud_pods_memory_bytes", sum(quantity(each["memory"]) for each in usage) if usage else None),
        *(each for scaler in scalers or () for each in _scaler(scaler))]


def quantity(written: str) -> float:
    """What Kubernetes writes as "250m" or "64Mi". Raises KeyError or ValueError."""
    number = written.rstrip("".join(set("".join(SUFFIXES))))
    return float(number) * SUFFIXES[written[len(number):]]


def _items(door: Door, path: str) -> list[dict[str, Any]] | None:
    found = door.get(f"{path}?limit={ENOUGH}")
    return None if found is None else list(found.get("items") or ())


def _ready(name: str, things: Sequence[Mapping[str, Any]] | None) -> list[Figure]:
    if things is None:
        return []
    conditions = [each.get("status", {}).get("conditions", ()) for each in things]
    ready = sum(any(one.get("type") == "Ready" and one.get("status") == "True" for one in each) for each in conditions)
    return [*figure(name, ready, ready="yes"), *figure(name, len(things) - ready, ready="no")]


def _scaler(scaler: Mapping[str, Any]) -> list[Figure]:
    status, name = scaler.get("status") or {}, scaler["metadata"]["name"]
    counted = {"running": status.get("currentReplicas"), "wanted": status.get("desiredReplicas"), "most": scaler["spec"]["maxReplicas"]}
    return [each for what, number in counted.items() for each in figure("multicloud_dr_cloud_scaler_replicas", number, scaler=name, what=what)]


def _named(things: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(each for each in things if each["name"] == name)


def _trust(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext:
    """Python takes a client's key from a file alone: it is one for as long as that takes, for its owner only."""
    authority = cluster.get("certificate-authority-data")
    trust = ssl.create_default_context(cadata=base64.b64decode(authority).decode() if authority else None)
    if user.get("client-certificate-data"):
        handle, path = tempfile.mkstemp()
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"]))
            trust.load_cert_chain(path)
        finally:
            os.unlink(path)
    return trust

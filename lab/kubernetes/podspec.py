# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a pod's spec to the arguments of `podman run`. Pure: what the spec refers to is looked up through a function."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab.kubernetes import quantity

Object = dict[str, Any]
Lookup = Callable[[str, str], Object | None]            # (kind, name) -> the object in the pod's namespace
REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")


class Unrunnable(Exception):
    """The container cannot be made as things are; tried again later. The message is for the pod's status."""


@dataclass
class Plan:
    """What podman is asked for. `environment` goes through a file, never through arguments; `files`: {volume: {file: bytes}}."""

    flags: list[str] = field(default_factory=list)
    image: str = ""
    args: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    mounts: list[tuple[str, str, bool]] = field(default_factory=list)      # (volume[/subpath], path in the container, read-only)
    non_root: bool = False
    user: str = ""
    logins: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)    # registry -> user, password


def plan(pod: Object, address: str, lookup: Lookup) -> Plan:
    """How the pod's container is run. Raises Unrunnable naming what is missing."""
    container = pod["spec"]["containers"][0]
    made = Plan(image=container["image"], environment=environment(pod, address, lookup))
    made.flags = [*_resources(container["resources"]), *_security(pod["spec"]["securityContext"], container.get("securityContext", {}), made)]
    made.flags.append(f"--hostname={pod['spec'].get('hostname', pod['metadata']['name'])}")
    made.flags.append(f"--stop-timeout={pod['spec']['terminationGracePeriodSeconds']}")
    made.flags += [f"--add-host={name}:{entry['ip']}" for entry in pod["spec"].get("hostAliases", ()) for name in entry["hostnames"]]
    if "workingDir" in container:
        made.flags.append(f"--workdir={container['workingDir']}")
    args = [expand(text, made.environment) for text in container.get("args", ())]
    if "command" in container:
        made.flags.append(f"--entrypoint={json.dumps([expand(text, made.environment) for text in container['command']])}")
    made.args = args
    _volumes(pod, container, lookup, made)
    made.logins = logins(pod, lookup)
    return made


def environment(pod: Object, address: str, lookup: Lookup) -> dict[str, str]:
    """The container's variables: envFrom first, then env, each seeing those before it."""
    container = pod["spec"]["containers"][0]
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        for kind, reference in (("ConfigMap", source.get("configMapRef")), ("Secret", source.get("secretRef"))):
            if reference:
                data = contents(kind, reference, lookup)
                found |= {source.get("prefix", "") + key: value.decode() for key, value in data.items()}
    for variable in container.get("env", ()):
        value = _value(variable, pod, address, lookup) if "valueFrom" in variable else expand(variable.get("value", ""), found)
        if value is not None:
            found[variable["name"]] = value
    broken = sorted(name for name, value in found.items() if "\n" in value)
    if broken:
        raise Unrunnable(f"the lab cannot pass variables of several lines: {', '.join(broken)}; mount them as files")
    return found


def _value(variable: Object, pod: Object, address: str, lookup: Lookup) -> str | None:
    source = variable["valueFrom"]
    for kind, name in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if name in source:
            data = contents(kind, source[name], lookup)
            if source[name]["key"] in data:
                return data[source[name]["key"]].decode()
            if source[name].get("optional"):
                return None
            raise Unrunnable(f"couldn't find key {source[name]['key']} in {kind} {pod['metadata']['namespace']}/{source[name]['name']}")
    fields = {"metadata.name": pod["metadata"]["name"], "metadata.namespace": pod["metadata"]["namespace"],
              "metadata.uid": pod["metadata"]["uid"], "status.podIP": address, "status.hostIP": address,
              "spec.nodeName": pod["spec"].get("nodeName", ""), "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default")}
    path = source.get("fieldRef", {}).get("fieldPath", "")
    if path not in fields:
        raise Unrunnable(f"env {variable['name']}: the lab cannot take a value from {json.dumps(source)}")
    return fields[path]


def contents(kind: str, reference: Object, lookup: Lookup) -> dict[str, bytes]:
    """What a ConfigMap or Secret holds. Raises Unrunnable when it is missing and not optional."""
    name = reference.get("name") or reference.get("secretName", "")
    thing = lookup(kind, name)
    if thing is None:
        if reference.get("optional"):
            return {}
        raise Unrunnable(f'{kind.lower()} "{name}" not found')
    if kind == "Secret":
        return {key: base64.b64decode(value) for key, value in thing.get("data", {}).items()}
    binary = {key: base64.b64decode(value) for key, value in thing.get("binaryData", {}).items()}
    return {key: value.encode() for key, value in thing.get("data", {}).items()} | binary


def logins(pod: Object, lookup: Lookup) -> dict[str, tuple[str, str]]:
    """How to log in to which registry: {its host: (user, password)}. A Secret that is missing is passed over, as the kubelet does: what is refused
    then is the pull."""
    found: dict[str, tuple[str, str]] = {}
    for reference in pod["spec"].get("imagePullSecrets", ()):
        data = contents("Secret", {**reference, "optional": True}, lookup)
        for place, given in json.loads(data.get(".dockerconfigjson", b"{}")).get("auths", {}).items():
            user, _, password = base64.b64decode(given.get("auth", "")).decode().partition(":")
            found[place] = (given.get("username") or user, given.get("password") or password)
    return found


def expand(text: str, values: dict[str, str]) -> str:
    """`$(NAME)` replaced by the variable's value; unknown ones stay, `$$` is a dollar."""
    def replaced(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else values.get(match[1], match[0])

    return REFERENCE.sub(replaced, text)


def _resources(resources: Object) -> list[str]:
    flags = []
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    if "memory" in limits:
        flags.append(f"--memory={int(quantity.parse(limits['memory']))}b")
    if "cpu" in limits:
        flags.append(f"--cpus={float(quantity.parse(limits['cpu'])):g}")
    if "cpu" in requests:
        flags.append(f"--cpu-shares={max(2, int(quantity.parse(requests['cpu']) * 1024))}")
    return flags


def _security(of_pod: Object, of_container: Object, made: Plan) -> list[str]:
    def setting(name: str) -> Any:
        return of_container.get(name, of_pod.get(name))

    flags = []
    made.non_root = bool(setting("runAsNonRoot"))
    if setting("runAsUser") is not None:
        made.user = str(setting("runAsUser"))
        group = setting("runAsGroup")
        flags.append(f"--user={made.user}" + (f":{group}" if group is not None else ""))
    if of_container.get("readOnlyRootFilesystem"):
        flags += ["--read-only", "--read-only-tmpfs=false"]
    if of_container.get("allowPrivilegeEscalation") is False:
        flags.append("--security-opt=no-new-privileges")
    capabilities = of_container.get("capabilities", {})
    flags += [f"--cap-drop={name.lower()}" for name in capabilities.get("drop", ())]
    return flags + [f"--cap-add={name.lower()}" for name in capabilities.get("add", ())]


def _volumes(pod: Object, container: Object, lookup: Lookup, made: Plan) -> None:
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", ())}
    for mount in container.get("volumeMounts", ()):
        volume = volumes[mount["name"]]
        where = f"{mount['name']}/{mount['subPath']}" if "subPath" in mount else mount["name"]
        if volume.get("emptyDir", {}).get("medium") == "Memory":
            size = volume["emptyDir"].get("sizeLimit")
            made.flags.append(f"--tmpfs={mount['mountPath']}:rw,mode=1777" + (f",size={int(quantity.parse(size))}" if size else ""))
            continue
        made.mounts.append((where, mount["mountPath"], bool(mount.get("readOnly")) or "emptyDir" not in volume))
        made.files[mount["name"]] = _files(volume, lookup)


def _files(volume: Object, lookup: Lookup) -> dict[str, bytes]:
    for kind, source in (("ConfigMap", volume.get("configMap")), ("Secret", volume.get("secret"))):
        if source is None:
            continue
        data = contents(kind, source, lookup)
        if "items" not in source:
            return data
        missing = [item["key"] for item in source["items"] if item["key"] not in data]
        if missing and not source.get("optional"):
            raise Unrunnable(f"references non-existent {kind} key: {missing[0]}")
        return {item["path"]: data[item["key"]] for item in source["items"] if item["key"] in data}
    return {}

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Can this host run a Jenkins as it is told to? Pure: looks at what is planned, and asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

# What people may: everything; begin and end releases; see how they went.
MAY = ("administer", "release", "look")
# Without these what the role writes means nothing to Jenkins.
NEEDED = ("configuration-as-code", "credentials-binding", "git", "job-dsl", "matrix-auth", "pipeline-model-definition", "plain-credentials",
          "ssh-credentials", "ssh-slaves", "workflow-basic-steps", "workflow-durable-task-step", "workflow-multibranch")
NAME = re.compile(r"[a-z][a-z0-9_-]*")
ABSOLUTE = re.compile(r"(/[A-Za-z0-9._-]+)+")
FINGERPRINT = re.compile(r"[0-9A-F]{40}")
HTTPS = re.compile(r"https://[^\s'\"\\$@]+")
KEY_BODY = r"(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa) [A-Za-z0-9+/]+=*"
BY_SSH = re.compile(r"ssh://[A-Za-z0-9._-]+@[A-Za-z0-9.-]+(:\d+)?/[A-Za-z0-9._~/-]+|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[A-Za-z0-9._~/-]+")
BY_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?/[A-Za-z0-9._~/-]+")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n.+\n-----END [A-Z ]*PRIVATE KEY-----\n?", re.DOTALL)


def faults(given: Mapping[str, Any]) -> list[str]:
    """Every reason why it cannot, as "path: what is wrong", without any secret; empty when it can, and where there is to be none.

    given: the role's variables without its name before each.
    """
    if not given["enabled"]:
        return []
    found = (*_packages(given), *_plugins(given["plugins"]), *_where(given), *_people(given["users"]), *_repository(given), *_nodes(given),
             *_secrets(given), *_numbers(given))
    return [f"jenkins_{fault}" for fault in found]


def _packages(given: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"\d+(\.\d+){2}", str(given["version"])):
        yield f"version: {given['version']!r} is no version of the LTS line, such as 2.580.2"
    if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", str(given["java_package"])):
        yield f"java_package: {given['java_package']!r} is no name of a package"
    yield from _absolute("java_home", given["java_home"])
    yield from _origin("", {name: given[name] for name in ("repository", "key_url", "key_fingerprint")})
    if java := given["java_repository"]:
        yield from _origin("java_repository.", {name: java.get(name, "") for name in ("url", "key_url", "key_fingerprint")})
        for name in ("suite", "component"):
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", str(java.get(name, ""))):
                yield f"java_repository.{name}: {java.get(name, '')!r} is no name"
    if not HTTPS.fullmatch(str(given["plugin_manager_url"])):
        yield "plugin_manager_url: is no https:// address"
    if not re.fullmatch(r"[0-9a-f]{64}", str(given["plugin_manager_sha256"])):
        yield "plugin_manager_sha256: is no SHA-256 of 64 digits; it is published beside the file, at its address and .sha256"


def _origin(path: str, given: Mapping[str, Any]) -> Iterator[str]:
    """A repository of packages: its address, where its keys are, and the one of them that counts."""
    for name, value in given.items():
        if name.endswith("fingerprint"):
            if not FINGERPRINT.fullmatch(str(value)):
                yield f"{path}{name}: is not a whole fingerprint, forty digits of 0-9 and A-F"
        elif not HTTPS.fullmatch(str(value)):
            yield f"{path}{name}: is no https:// address"


def _plugins(plugins: Sequence[Any]) -> Iterator[str]:
    names = [str(plugin).partition(":")[0] for plugin in plugins]
    for at, plugin in enumerate(plugins):
        # Words instead of a version (latest, experimental, incrementals) would be another one with each run.
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*:\d[A-Za-z0-9_.-]*", str(plugin)):
            yield f"plugins[{at}]: {plugin!r} is no NAME:VERSION; a version begins with a digit"
        elif names[at] in names[:at]:
            yield f"plugins[{at}]: {names[at]} is named already"
    if missing := [name for name in NEEDED if name not in names]:
        yield f"plugins: {', '.join(missing)} are not among them, and the role describes this Jenkins by them"


def _where(given: Mapping[str, Any]) -> Iterator[str]:
    loopback, cidrs = False, given["client_cidrs"]
    try:
        reached = ip_address(str(given["address"]))
        loopback = reached.is_loopback
        if reached.version != 4 or reached.is_unspecified or not (loopback or reached.is_private):
            yield f"address: {given['address']} may be reached from anywhere; take loopback, or an IPv4 address behind the VPN"
    except ValueError:
        yield f"address: {given['address']!r} is no address"
    if given["url"] and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?/([A-Za-z0-9._~-]+/)*", str(given["url"])):
        yield f"url: {given['url']!r} is no http:// or https:// address that ends with /"
    for at, cidr in enumerate(cidrs):
        try:
            net = ip_network(str(cidr))
            if net.version != 4 or not net.is_private or net.prefixlen == 0:
                yield f"client_cidrs[{at}]: {cidr} reaches beyond the VPN; take private IPv4 ranges"
        except ValueError:
            yield f"client_cidrs[{at}]: {cidr!r} is no IPv4 range, such as 192.168.0.0/24"
    if cidrs and loopback:
        yield "client_cidrs: nobody of them reaches loopback; say an address behind the VPN in jenkins_address, or leave them out"


def _people(users: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A fault of a password is told without it."""
    names = [str(user["name"]) for user in users]
    for at, user in enumerate(users):
        if not NAME.fullmatch(names[at]) or names[at] in ("anonymous", "authenticated", "system", "unknown"):
            yield f"users[{at}].name: {names[at]!r} is no name of a person here: small letters, digits, - and _, and none that means others"
        elif names[at] in names[:at]:
            yield f"users[{at}].name: {names[at]} is there already"
        if user["may"] not in MAY:
            yield f"users[{at}].may: is none of {', '.join(MAY)}"
        yield from _word(f"users[{at}].password", user["password"], 12)
    if "administer" not in [user["may"] for user in users]:
        yield "users: nobody of them may administer"


def _repository(given: Mapping[str, Any]) -> Iterator[str]:
    url = str(given["source_url"])
    by_ssh, by_https = BY_SSH.fullmatch(url) is not None, BY_HTTPS.fullmatch(url) is not None
    if not (by_ssh or by_https):
        yield "source_url: is neither ssh://USER@HOST/PATH, USER@HOST:PATH nor https://HOST/PATH without a log-in"
    if by_ssh:
        if not given["source_key"]:
            yield "source_key: is missing, and what is fetched by ssh needs it"
        if not given["source_host_keys"]:
            yield "source_host_keys: names none, so anybody could stand in for the repository's host"
        if given["source_user"] or given["source_password"]:
            yield "source_user: what is fetched by ssh has its user in the address, and a key"
    if by_https:
        if given["source_key"] or given["source_host_keys"]:
            yield "source_key: what is fetched by https knows nothing of keys of ssh"
        if bool(given["source_user"]) != bool(given["source_password"]):
            yield f"source_{'password' if given['source_user'] else 'user'}: a log-in has both"
    if given["source_user"] and not re.fullmatch(r"[A-Za-z0-9._-]+", str(given["source_user"])):
        yield "source_user: is no name of an account"
    if given["source_password"]:
        yield from _word("source_password", given["source_password"], 1)
    for at, line in enumerate(given["source_host_keys"]):
        if not re.fullmatch(rf"[A-Za-z0-9.:\[\],-]+ {KEY_BODY}", str(line)):
            yield f"source_host_keys[{at}]: is no line of known_hosts, such as `git.example.com ssh-ed25519 AAAA...`"
    if not given["branches"]:
        yield "branches: names none, so nothing would ever be built"
    for at, branch in enumerate(given["branches"]):
        if not re.fullmatch(r"[A-Za-z0-9*][A-Za-z0-9._/*-]*", str(branch)):
            yield f"branches[{at}]: {branch!r} is no name of a branch, in which * stands for anything"
    if not NAME.fullmatch(str(given["job"])):
        yield f"job: {given['job']!r} is no name: small letters, digits, - and _"


def _nodes(given: Mapping[str, Any]) -> Iterator[str]:
    nodes, label = given["nodes"], str(given["label"])
    if not NAME.fullmatch(label):
        yield f"label: {label!r} is no name: small letters, digits, - and _"
    names = [str(node["name"]) for node in nodes]
    for at, node in enumerate(nodes):
        if not NAME.fullmatch(names[at]) or names[at] in ("built-in", "master"):
            yield f"nodes[{at}].name: {names[at]!r} is no name of a node: small letters, digits, - and _, and not Jenkins's own"
        elif names[at] in names[:at]:
            yield f"nodes[{at}].name: {names[at]} is there already"
        if not re.fullmatch(r"[A-Za-z0-9.-]+", str(node["address"])):
            yield f"nodes[{at}].address: {node['address']!r} is no address or name"
        if not 0 < int(node.get("port", 22)) < 65536:
            yield f"nodes[{at}].port: {node['port']} is no port"
        if not re.fullmatch(r"[a-z_][a-z0-9_-]*", str(node["user"])) or node["user"] in ("root", "jenkins"):
            yield f"nodes[{at}].user: {node['user']!r} is no account for builds; neither root's nor that of Jenkins itself is"
        if not re.fullmatch(KEY_BODY, str(node["known_by"])):
            yield f"nodes[{at}].known_by: is no public key of a host, such as `ssh-ed25519 AAAA...`"
        if not 1 <= int(node.get("executors", 1)) <= 16:
            yield f"nodes[{at}].executors: {node['executors']} is not between 1 and 16"
        yield from _absolute(f"nodes[{at}].folder", node.get("folder", "/var/lib/multicloud-dr-builds"))
        yield from _absolute(f"nodes[{at}].java", node.get("java", "/usr/bin/java"))
        if bad := [each for each in node["labels"] if not NAME.fullmatch(str(each))]:
            yield f"nodes[{at}].labels: {', '.join(map(repr, bad))} are no names: small letters, digits, - and _"
    if not any(label in node["labels"] for node in nodes):
        yield f"nodes: none has the label {label}, and Jenkins itself builds nothing, so whatever is asked for would wait for ever"


def _secrets(given: Mapping[str, Any]) -> Iterator[str]:
    """Told without what is in them."""
    yield from _word("vault_password", given["vault_password"], 12)
    # Its digest lies in a file that others on the host may come to see: what it is made from must be more than can be tried.
    if not re.fullmatch(r"[A-Za-z0-9_-]{32,}", str(given["hook_token"])):
        yield "hook_token: has less than 32 characters, or others than letters, digits, - and _; `openssl rand -hex 32` makes one"
    for name in ("source_key", "node_key"):
        if (name == "node_key" or given[name]) and not PRIVATE_KEY.fullmatch(str(given[name])):
            yield f"{name}: is no private key in PEM, as ssh-keygen writes it"


def _numbers(given: Mapping[str, Any]) -> Iterator[str]:
    if not 1023 < int(given["port"]) < 65536:
        yield f"port: {given['port']} is no port above 1023"
    if not 256 <= int(given["heap_mb"]) <= 16384:
        yield f"heap_mb: {given['heap_mb']} is not between 256 and 16384"
    if not 10 <= int(given["scan_minutes"]) <= 1440:
        yield f"scan_minutes: {given['scan_minutes']} is not between 10 and 1440"
    if not 30 <= int(given["settle_seconds"]) <= 1800:
        yield f"settle_seconds: {given['settle_seconds']} is not between 30 and 1800"


def _absolute(path: str, value: object) -> Iterator[str]:
    if not ABSOLUTE.fullmatch(str(value)) or ".." in str(value):
        yield f"{path}: {value!r} is no absolute path"


def _word(path: str, value: object, least: int) -> Iterator[str]:
    """Jenkins takes blanks off both ends of a secret's file, and whatever looks like ${name} in it for another one."""
    text = str(value)
    if len(text) < least or text != text.strip() or re.search(r"[\x00-\x1f]|\$\{", text):
        yield (f"{path}: is {'missing' if not text else f'shorter than {least} characters'}, begins or ends with a blank, or holds the end of a line "
               "or ${, which Jenkins would take for a name")

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m tests.hunt`: look for the lab's secrets in everything a run leaves behind. Exit 1 and a list when one is found.

Searched are the logs and reports below build/ (not the files whose job is to hold secrets) and the process list. Looked for are what
`lab up` made, the cluster's token, the key of the public name's certificate, what AWS's instances are given as their roles, and the tokens that
NHN's identity service gives for a password: it gives the same one again as long as that is good, so asking for it shows what every module was
given.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.world import AWS_URL

ROOT = Path(__file__).resolve().parent.parent
ACCOUNTS = ROOT / "inventories" / "lab" / "group_vars" / "all" / "accounts.yml"
NOT_SECRET = (
    "aws_access_key",                           # an identifier by AWS's own word; amazon.aws shows it in invocations
    "quorum_ca_certificate",                    # whom to believe; only its key is secret
)
KEEPERS = ("secrets.yml",)                      # files below build/ that are there to hold secrets
KEEPER_FOLDERS = ("ssh", "kube", "tls", "hosts", "registries")       # likewise: keys, what hosts are given, and who may log in where


def leaks(secrets: Mapping[str, str], texts: Iterable[tuple[str, str]]) -> list[str]:
    """"where: name of the secret" for every secret found in a text, plain or in base64; short values are no secrets and not looked for."""
    return [f"{where}: {name}" for where, text in texts for name, value in secrets.items()
            if len(str(value)) >= 8 and any(form in text for form in forms(str(value)))]


def forms(value: str) -> list[str]:
    """How a secret may look. Of a PEM key, each line of its body: logs write its line ends in many ways."""
    lines = [line for line in value.splitlines() if len(line) >= 40 and not line.startswith("-")] if "-----BEGIN" in value else []
    return [value, b64encode(value.encode()).decode().rstrip("="), *lines]


def files(build: Path) -> Iterable[tuple[str, str]]:
    """Every file below build/ that must be clean, with its text."""
    for path in sorted(build.rglob("*")):
        inside = path.relative_to(build).parts
        if path.is_file() and not path.is_symlink() and path.name not in KEEPERS and not set(inside[:-1]) & set(KEEPER_FOLDERS):
            yield str(path.relative_to(build.parent)), path.read_text(errors="replace")


def processes() -> Iterable[tuple[str, str]]:
    """Every process's command line."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield f"process {path.parent.name}", path.read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue                            # it ended while we looked


def tokens(lab: Path, account: Mapping[str, Any], password: str) -> tuple[dict[str, str], str]:
    """({name: token}, why NHN's are not among them; empty when they are).

    lab: the folder of the lab; account: the inventory's nhn_auth, of which identity_url, username and the tenants are plain. A lost NHN gives
    nothing, which is no leak; a story that wants them hunted hunts while it lives.
    """
    kept = {"kube token": lab / "kube" / "token", "key of the public name": lab / "tls" / "server.key"}
    found = {name: path.read_text().strip() for name, path in kept.items() if path.exists()}
    try:
        for tenant in ("tenant_id", "object_tenant_id"):
            asked = {"auth": {"tenantId": account[tenant], "passwordCredentials": {"username": account["username"], "password": password}}}
            request = urllib.request.Request(f"{account['identity_url']}/tokens", json.dumps(asked).encode(), {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                found[f"NHN token of {tenant}"] = json.load(answer)["access"]["token"]["id"]
    except OSError as error:
        return found, f"NHN's tokens were not hunted: {error}"
    return found, ""


def roles(url: str) -> tuple[dict[str, str], str]:
    """What the instances at AWS are given as their roles, by the lab's own door at `url`; and why not, as above."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/_lab/secrets", timeout=10) as answer:
            given = json.load(answer)["roles"].values()
    except OSError as error:
        return {}, f"What AWS's instances are given was not hunted: {error}"
    return {f"{kind} of role {each['role']}": each[kind] for each in given for kind in ("secret_key", "token")}, ""


def main() -> int:
    """Hunt with the lab's own secrets."""
    made = yaml.safe_load((ROOT / "build" / "lab" / "secrets.yml").read_text())
    given, silent = tokens(ROOT / "build" / "lab", yaml.safe_load(ACCOUNTS.read_text())["nhn_auth"], made["nhn_api_password"])
    handed, gone = roles(AWS_URL)
    secrets = {**{name: value for name, value in made.items() if name not in NOT_SECRET}, **given, **handed}
    found = leaks(secrets, [*files(ROOT / "build"), *processes()])
    print("\n".join(found) if found else f"{len(secrets)} secrets hunted, none found")
    for said in filter(None, (silent, gone)):
        print(said)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

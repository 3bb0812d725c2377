# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Both clouds, a resolver and an inventory of a test's own, for playbooks/preflight.yml."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lab.dns.answers import Answer
from lab.dns.server import servers
from lab.nhn.app import serve_in_thread
from lab.nhn.store import Credentials, Settings
from lab.secrets import MAKERS
from lab.world import PUBLIC_NAME
from tests.contract.aws_cloud import KEYS, AwsCloud
from tests.contract.aws_live import certificate
from tests.contract.nhn_cloud import NhnCloud

ROOT = Path(__file__).parents[2]
OVERLAY = Path("molecule/production/inventory")
ON_CLOUDS = ("check_plan", "look", "build_networks", "all_or_nothing", "build_databases", "all_or_nothing", "build_clusters", "deploy_app",
             "publish_dns")
PATIENCE = 60       # seconds for each cloud, on a machine that others keep busy
INVENTORIES = {"lab": [Path("inventories/lab")], "production": [Path("inventories/production"), OVERLAY]}


@dataclass
class Heard:
    """What a run said. seconds: what it worked, however busy the machine was with others; missing, advice, cost: its sentences, each as one line;
    everything: all of it, at -vvv.
    """

    code: int
    seconds: float
    everything: str
    said: dict[str, list[str]] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        return self.said.get("missing", [])


@dataclass
class Clouds:
    """Two clouds that are empty but for the public name's certificate, and secrets that fit them. names: zone -> servers, as the resolver
    answers.
    """

    nhn: NhnCloud
    aws: AwsCloud
    folder: Path
    secrets: dict[str, str]
    resolver: str
    names: dict[str, list[str]]

    def given(self) -> dict[str, Any]:
        """What is the test's own, whichever inventory: where everything answers. Secrets stay names."""
        away = {key: value for key, value in self.nhn.auth.items() if key.endswith(("_url", "tenant_id")) or key == "username"}
        vaulted = {"password": "{{ vault_nhn_api_password }}", "appkey": "{{ vault_nhn_appkey }}", "access_key_id": "{{ vault_nhn_access_key_id }}",
                   "access_key_secret": "{{ vault_nhn_access_key_secret }}"}
        return {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "nhn_auth": {"region": "KR1", **away, **vaulted},
                "aws_auth": {"region": "ap-northeast-2", "access_key": "{{ vault_aws_access_key }}", "secret_key": "{{ vault_aws_secret_key }}",
                             "endpoint_url": self.aws.url},
                "dns_failover_resolvers": [self.resolver], "preflight_seconds": PATIENCE}

    def run(self, *inventories: Path, options: tuple[str, ...] = (), **variables: Any) -> Heard:
        """playbooks/preflight.yml with these inventories of the test's folder."""
        given = self.folder / "given.yml"
        given.write_text(yaml.safe_dump({**self.given(), **variables}), encoding="utf-8")
        return preflight([self.folder / inventory for inventory in inventories], "-e", f"@{given}", *options, home=self.folder)

    def foretell(self, *inventories: Path, **variables: Any) -> Heard:
        """The plays of site.yml that work on the clouds alone, in check mode: what can be known of a build where there is no host yet."""
        given = self.folder / "given.yml"
        given.write_text(yaml.safe_dump({**self.given(), "topology_writer": "", **variables}), encoding="utf-8")
        return run([self.folder / inventory for inventory in inventories], ON_CLOUDS, "--check", "-e", f"@{given}", home=self.folder)

    def writes(self) -> list[str]:
        return self.nhn.take_writes() + self.aws.take_writes()


def preflight(inventories: list[Path], *options: str, home: Path, **environment: str) -> Heard:
    """Run it, and read what it found out of what it said."""
    return run(inventories, ("preflight",), *options, home=home, **environment)


def run(inventories: list[Path], playbooks: Sequence[str], *options: str, home: Path, **environment: str) -> Heard:
    """Playbooks at -vvv, in one go."""
    began = _worked()
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), *(f"--inventory={inventory}" for inventory in inventories),
         *(f"playbooks/{name}.yml" for name in playbooks), "-vvv", *options],
        cwd=ROOT, text=True, check=False, capture_output=True, timeout=600,
        env={**os.environ, "HOME": str(home), "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
             **environment})
    everything = done.stdout + done.stderr
    found = re.search(r"TASK \[Weigh it all\].*?=> (\{.*?\n\})\n", done.stdout, re.DOTALL)
    said = json.loads(found[1])["ansible_facts"]["preflight_found"] if found else {}
    return Heard(done.returncode, _worked() - began, everything, said)


def _worked() -> float:
    """Seconds that processes of ours have worked which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def clouds(folder: Path) -> Iterator[Clouds]:
    """With copies of the inventories in `folder`, and there the files that a lab would leave: secrets, a key, names of images."""
    secrets = {name: make() for name, make in MAKERS.items()}
    mine = Credentials(password=secrets["nhn_api_password"], appkey=secrets["nhn_appkey"], access_key_id=secrets["nhn_access_key_id"],
                       access_key_secret=secrets["nhn_access_key_secret"])
    url, store = serve_in_thread(settings=Settings(credentials=mine, auto_observe=True, faults=folder / "faults.json"))
    names: dict[str, list[str]] = {}

    def ask(name: str, kind: str) -> Answer:
        found = names.get(name.rstrip("."))
        return Answer("NXDOMAIN") if found is None else Answer("NOERROR", [(name.rstrip("."), kind, 60, f"{each}.") for each in found])

    nhn = NhnCloud(url, store)
    nhn.auth.update(password=mine.password, appkey=mine.appkey, access_key_id=mine.access_key_id, access_key_secret=mine.access_key_secret)
    resolver, _ = servers(ask, "127.0.0.1", 0)
    resolver.start_thread()
    secrets |= {"aws_access_key": KEYS["aws_access_key_id"], "aws_secret_key": KEYS["aws_secret_access_key"]}
    _furnish(folder, secrets)
    try:
        with AwsCloud() as aws:
            certificate(aws, PUBLIC_NAME)
            aws.journal.unlink()            # that was nobody who builds
            yield Clouds(nhn, aws, folder, secrets, f"127.0.0.1:{resolver.server.server_address[1]}", names)
    finally:
        resolver.stop()
        resolver.server.server_close()
        store.close()


def _furnish(folder: Path, secrets: dict[str, str]) -> None:
    shutil.copytree(ROOT / "inventories", folder / "inventories")
    shutil.copytree(ROOT / OVERLAY, folder / OVERLAY)
    lab = folder / "build" / "lab"
    (lab / "ssh").mkdir(parents=True)
    (lab / "secrets.yml").write_text(yaml.safe_dump(secrets), encoding="utf-8")
    (lab / "images.json").write_text('{"ticketing": "localhost/ticketing:1"}', encoding="utf-8")
    (lab / "digests.json").write_text(json.dumps({"ticketing": f"localhost/ticketing@sha256:{'a' * 64}"}), encoding="utf-8")
    key = lab / "ssh" / "id_ed25519"
    key.touch(mode=0o600)
    key.with_suffix(".pub").write_text(f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43} nobody\n", encoding="utf-8")

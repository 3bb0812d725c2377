# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Jenkins of role `jenkins`: told by files alone, of keys that its plugins document, with every secret by reference, and open to nobody.

Its repository is in no lab, so nothing here asks a Jenkins. Its configuration is held against a corpus of documented keys (jenkins_keys.yml), its
scripts are read by the Groovy that Jenkins has.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.jenkins import plan, told

from tests.house.stand_in_agent import settings

ROOT = Path(__file__).parents[2]
ROLE = ROOT / "roles" / "jenkins"
CORPUS: dict[str, Any] = yaml.safe_load((ROOT / "tests/house/jenkins_keys.yml").read_text(encoding="utf-8"))
DEFAULTS: dict[str, Any] = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
RUNBOOK = ROOT / "docs/runbooks/jenkins.md"
GROOVY, JAVA = ROOT / ".venv/share/groovy-all.jar", shutil.which("java")
NO_GROOVY = "needs Java (apt install default-jre-headless) and .venv/share/groovy-all.jar (make check)"
TOKEN = "CANARY" + "t" * 32
DASHES = "-" * 5        # so that no line here looks like a key
KEY = f"{DASHES}BEGIN OPENSSH PRIVATE KEY{DASHES}\nCANARY\n{DASHES}END OPENSSH PRIVATE KEY{DASHES}\n"
GIVEN: dict[str, Any] = {
    "jenkins_plugin_manager_sha256": "0" * 64, "jenkins_hook_token": TOKEN, "jenkins_vault_password": "CANARY of the vault",
    "jenkins_node_key": KEY,
    "jenkins_source_url": "ssh://git@git.example.com/tickets/app.git", "jenkins_source_key": KEY,
    "jenkins_source_host_keys": ["git.example.com ssh-ed25519 AAAAC3Nza"],
    "jenkins_users": [{"name": "mina", "password": "CANARY-of-mina", "may": "administer"},
                      {"name": "jun", "password": "CANARY-of-jun", "may": "release"},
                      {"name": "ara", "password": "CANARY-of-ara", "may": "look"}],
    "jenkins_nodes": [{"name": "builder", "address": "10.0.0.30", "user": "builder", "known_by": "ssh-ed25519 AAAAC3Nza",
                       "labels": ["release", "big"], "port": 2222, "executors": 2}]}
HTTPS = {"jenkins_source_url": "https://git.example.com/tickets/app.git", "jenkins_source_key": "", "jenkins_source_host_keys": [],
         "jenkins_source_user": "ci", "jenkins_source_password": "CANARY-password"}
TEMPLATES = sorted(path.name for path in (ROLE / "templates").iterdir())


RENDER = """
import json, sys
from pathlib import Path
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
init_plugin_loader([str(Path("collections").resolve())])
role, given, loader, known = Path("roles/jenkins"), json.load(sys.stdin), DataLoader(), {}
for part in ("defaults/main.yml", "vars/main.yml"):
    known.update(loader.load_from_file(str(role / part), trusted_as_template=True))
templar = Templar(loader, variables={**known, "ansible_managed": "managed", **given})
asked = ["__jenkins_at_hand"] if "__jenkins_known" in given else []
said = {name: str(templar.template(trust_as_template("{{ " + name + " }}"))) for name in asked}
json.dump(said | {path.name: templar.template(trust_as_template(path.read_text())) for path in sorted((role / "templates").iterdir())}, sys.stdout)
"""


@cache
def every(given: str) -> dict[str, str]:
    """Every template of the role as Ansible itself renders it, with the role's own variables. In a process of its own."""
    done = subprocess.run([sys.executable, "-c", RENDER], input=given, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120)
    texts: dict[str, str] = json.loads(done.stdout)
    return texts


def rendered(name: str, **given: Any) -> str:
    return every(json.dumps({**GIVEN, **given}))[name]


def casc(**given: Any) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(rendered("jenkins.yaml.j2", **given))
    return read


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """(key all the way down, value) of everything that is told."""
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in leaves(part, f"{path}.{key}" if path else str(key))]
    return [leaf for part in value for leaf in leaves(part, f"{path}[]")] if isinstance(value, list) else [(path, value)]


OPEN = {**HTTPS, "jenkins_source_user": "", "jenkins_source_password": ""}
WAYS = pytest.mark.parametrize("given", [{}, HTTPS, OPEN], ids=["ssh", "https", "open"])


@WAYS
def test_every_key_that_it_is_told_is_one_that_its_plugin_documents(given: dict[str, Any]) -> None:
    for path, value in leaves(casc(**given)):
        assert path in CORPUS["keys"], f"{path}: nobody has looked it up"
        assert value == CORPUS["keys"][path].get("value", value), path
        assert not path.endswith("permissions[]") or value in CORPUS["permissions"]["are"]


def test_the_corpus_says_where_each_key_stands_and_has_none_that_nobody_uses() -> None:
    used = {path for given in ({}, HTTPS) for path, _ in leaves(casc(**given))}
    assert set(CORPUS["keys"]) == used
    for part in ("keys", "job_dsl", "environment"):
        assert all(entry["from"] in CORPUS["sources"] and entry["file"] for entry in CORPUS[part].values())
    assert all(re.fullmatch(r"[0-9a-f]{40}", source["commit"]) for source in CORPUS["sources"].values())
    assert {word for words in told.PERMISSIONS.values() for word in words} == set(CORPUS["permissions"]["are"])


@WAYS
def test_its_jobs_call_what_is_documented(given: dict[str, Any]) -> None:
    script = re.sub(r"//.*|'[^']*'", "", rendered("jobs.groovy.j2", **given))
    assert set(re.findall(r"\b([a-zA-Z]+)\s*[({]", script)) <= set(CORPUS["job_dsl"])


@pytest.mark.parametrize("name", TEMPLATES)
@WAYS
def test_no_secret_is_in_what_is_written_but_in_files_of_its_own(name: str, given: dict[str, Any]) -> None:
    assert "CANARY" not in rendered(name, **given)


@WAYS
def test_every_reference_has_its_file_and_every_file_is_handed_to_the_service(given: dict[str, Any]) -> None:
    files = {kept["name"] for kept in told.secrets({name.removeprefix("jenkins_"): value for name, value in (DEFAULTS | GIVEN | given).items()})}
    told_as = [str(value) for _, value in leaves(casc(**given)) if "${" in str(value)]
    named = {name or other for text in told_as for name, other in re.findall(r"\$\{SECRETS\}/(\w+)|\$\{((?!SECRETS\b)[\w-]+)\}", text)}
    assert named == files and {helper for text in told_as for helper in re.findall(r"\$\{(\w+):", text)} <= set(CORPUS["helpers"]["are"])
    unit = rendered("service.conf.j2", **given)
    assert set(re.findall(r"^LoadCredential=(\S+)$", unit, re.MULTILINE)) == {f"{name}:/etc/multicloud-dr/jenkins/secrets/{name}" for name in files}
    assert "\nEnvironment=SECRETS=%d\n" in unit, "where the service alone finds them"


def tasks(name: str) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = yaml.safe_load((ROLE / "tasks" / f"{name}.yml").read_text(encoding="utf-8"))
    return [inner for task in read for inner in task.get("block", [task])]


def test_secrets_are_roots_alone_and_in_no_list_of_processes() -> None:
    (keep,) = [task for task in tasks("configure") if "item.content" in str(task.get("ansible.builtin.copy"))]
    assert keep["no_log"] is True and (keep["ansible.builtin.copy"]["mode"], keep["ansible.builtin.copy"]["owner"]) == ("0600", "root")
    for name in ("install", "configure", "run", "prove"):
        for task in tasks(name):
            if re.search(r"password|_token|_secrets\b|_key\b", str(task).replace("key_fingerprint", "").replace("__jenkins_take_key", "")):
                assert task.get("no_log") is True or "ansible.builtin.include_tasks" in task or "ansible.builtin.file" in task, task["name"]
            argv = task.get("ansible.builtin.command", {}).get("argv", [])
            assert not re.search(r"password|token|secret", str(argv)), task["name"]


def test_it_lets_in_who_has_a_password_and_builds_nothing_itself() -> None:
    jenkins = casc()["jenkins"]
    assert jenkins["numExecutors"] == 0 and jenkins["slaveAgentPort"] == -1
    assert jenkins["crumbIssuer"] == {"standard": {"excludeClientIPFromCrumb": False}}
    assert jenkins["securityRealm"]["local"]["allowsSignup"] is False
    entries = {entry["user"]["name"]: entry["user"]["permissions"] for entry in jenkins["authorizationStrategy"]["globalMatrix"]["entries"]}
    assert entries == {"mina": ["Overall/Administer"], "jun": ["Overall/Read", "Job/Read", "Job/Build", "Job/Cancel", "View/Read"],
                       "ara": ["Overall/Read", "Job/Read", "View/Read"]}, "nobody else, anonymous least of all"
    held = [one for domain in casc()["credentials"]["system"]["domainCredentials"] for one in domain["credentials"]]
    assert {kind["id"]: kind["scope"] for one in held for kind in one.values()} == {
        "vault-password": "GLOBAL", "repository": "GLOBAL", "node-builder": "SYSTEM"}, "what logs in to nodes is for no pipeline"


def test_it_listens_where_it_is_told_to_and_the_firewall_knows_whom_to_let_in() -> None:
    unit = rendered("service.conf.j2", jenkins_address="192.168.0.10", jenkins_port=8090)
    assert set(re.findall(r'^Environment="?(\w+)=', unit, re.MULTILINE)) == set(CORPUS["environment"])
    assert "\nEnvironment=JENKINS_LISTEN_ADDRESS=192.168.0.10\n" in unit and "JENKINS_LISTEN_ADDRESS=127.0.0.1\n" in rendered("service.conf.j2")
    assert "accept" not in rendered("firewall.nft.j2").split('iifname "lo" accept')[1] and "tcp dport 8080 drop" in rendered("firewall.nft.j2")
    some = rendered("firewall.nft.j2", jenkins_client_cidrs=["192.168.0.0/24", "10.0.0.5/32"])
    assert "tcp dport 8080 ip saddr { 192.168.0.0/24, 10.0.0.5/32 } accept" in some and some.index("} accept") < some.index("8080 drop")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze (apt install systemd)")
def test_systemd_understands_every_line_of_its_service(tmp_path: Path) -> None:
    """The package's own part is left out but for what it starts: what it says is overridden, not added to."""
    for name, text in (("jenkins.service", "[Service]\nType=notify\nExecStart=/bin/true\n"),
                       ("multicloud-dr-jenkins-firewall.service", rendered("firewall.service.j2").replace("/usr/sbin/nft", "/bin/true"))):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "jenkins.service.d").mkdir()
    unit = rendered("service.conf.j2").replace("/usr/sbin/nft", "/bin/true")
    (tmp_path / "jenkins.service.d" / "multicloud.conf").write_text(unit, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / "jenkins.service")], check=False,
                          capture_output=True, text=True, timeout=60, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"})
    assert [line for line in done.stderr.splitlines() if str(tmp_path) in line] == []


def test_it_may_write_to_its_own_directories_and_speak_with_the_network() -> None:
    said = dict(re.findall(r"^(\w+)=(.*)$", rendered("service.conf.j2"), re.MULTILINE))
    for name in ("NoNewPrivileges", "ProtectHome", "ProtectClock", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules",
                 "ProtectKernelTunables", "ProtectControlGroups", "PrivateTmp", "PrivateDevices", "RestrictNamespaces", "RestrictRealtime",
                 "RestrictSUIDSGID", "LockPersonality", "RemoveIPC"):
        assert said.get(name) == "true", name
    assert (said["ProtectSystem"], said["CapabilityBoundingSet"], said["SystemCallErrorNumber"]) == ("strict", "", "EPERM")
    assert int(said["OOMScoreAdjust"]) > 0 and said["MemoryMax"] and "MemoryDenyWriteExecute" not in said, "Java makes code as it runs"


def test_a_webhook_is_known_by_the_digest_of_what_it_says() -> None:
    read = ElementTree.fromstring(rendered("git_tokens.xml.j2").split("?>", 1)[1])
    (token,) = list(read.find("apiTokens") or [])
    assert read.tag == "hudson.plugins.git.ApiTokenPropertyConfiguration" and token.tag == f"{read.tag}_-HashedApiToken"
    assert token.findtext("hash") == hashlib.sha256(TOKEN.encode()).hexdigest() and {part.tag for part in token} == {"uuid", "name", "hash"}
    assert f"git:{read.attrib['plugin'].removeprefix('git@')}" in DEFAULTS["jenkins_plugins"]


def test_what_is_installed_is_the_one_that_is_meant_and_starts_nothing() -> None:
    """Its package would start it with nobody to log in, listening everywhere."""
    named = {task["name"]: task for task in tasks("install")}
    package = named["Install Jenkins and its Java, and start nothing"]["ansible.builtin.apt"]
    assert package["policy_rc_d"] == 101 and "jenkins={{ jenkins_version }}" in package["name"]
    manager = named["Fetch that, and no other file than the one that is meant"]["ansible.builtin.get_url"]
    assert manager["checksum"] == "sha256:{{ jenkins_plugin_manager_sha256 }}" and DEFAULTS["jenkins_plugin_manager_sha256"] == ""
    described = yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))
    watched = yaml.safe_load((ROOT / "roles/monitoring/vars/main.yml").read_text(encoding="utf-8"))
    assert described["__jenkins_take_key"] == watched["__monitoring_take_key"], "test_monitoring_grafana.py tries that one"
    assert "Signed-By: /etc/apt/keyrings/" in described["__jenkins_packages_text"]
    options = [word for word in described["__jenkins_fetch"] if word.startswith("--")]
    assert set(options) <= set(CORPUS["plugin_manager"]["are"]) and described["__jenkins_fetch"][-2:] == ["--latest", "false"]


JAVA_LINE = "openjdk-21-jre-headless | 21.0.9+10-1 | http://deb.debian.org/debian trixie/main amd64 Packages"


@pytest.mark.parametrize(("lists", "there"), [
    (f"{JAVA_LINE}\n   jenkins |    2.580.2 | https://x binary/ Packages", True),
    (f"{JAVA_LINE}\n   jenkins |  2.580.20 | https://x binary/ Packages", False),
    (f"{JAVA_LINE}\n   jenkins |    2.580.1 | https://x binary/ Packages", False),
    (JAVA_LINE, False), ("   jenkins |    2.580.2 | https://x binary/ Packages", False), ("", False)])
def test_lists_are_fetched_until_they_name_this_version(lists: str, there: bool) -> None:
    """A Java of Debian's own is known from the beginning, and a version of before stays known."""
    assert rendered("__jenkins_at_hand", __jenkins_known={"stdout": lists}) == str(there)


def test_it_starts_anew_with_another_description_and_never_without_it() -> None:
    unit = rendered("service.conf.j2")
    written = {f"/etc/multicloud-dr/jenkins/{name}" for name in ("jenkins.yaml", "jobs.groovy", "plugins.txt", "secrets/*")}
    written |= {"/etc/systemd/system/jenkins.service.d/multicloud.conf", "/usr/share/java/jenkins.war", "/var/lib/jenkins/plugins/*.jpi",
                "/var/lib/jenkins/hudson.plugins.git.ApiTokenPropertyConfiguration.xml"}
    (sums,) = re.findall(r"exec sha256sum (.*?) > /run/multicloud-jenkins/sums", unit, re.DOTALL)
    assert set(sums.replace("\\\n", " ").split()) == written
    assert "test -s /var/lib/jenkins/plugins/configuration-as-code.jpi" in unit


def test_it_gives_the_pipeline_what_the_pipeline_asks_for() -> None:
    text = (ROOT / "Jenkinsfile").read_text(encoding="utf-8")
    (label,) = re.findall(r"agent \{ label '([^']+)' \}", text)
    held = {kind["id"]: name for domain in casc()["credentials"]["system"]["domainCredentials"] for one in domain["credentials"]
            for name, kind in one.items()}
    assert label == DEFAULTS["jenkins_label"] in casc()["jenkins"]["nodes"][0]["permanent"]["labelString"].split()
    assert {credential: held.get(credential) for _, credential in settings(text).values() if credential} == {"vault-password": "file"}
    assert set(re.findall(r"branch '([^']+)'", text)) <= set(DEFAULTS["jenkins_branches"])
    assert {"pipeline-model-definition", "workflow-basic-steps", "workflow-durable-task-step", "credentials-binding"} <= set(plan.NEEDED)


def test_one_variable_switches_it_off_and_ends_one_that_was() -> None:
    for inventory in ("lab", "production"):
        assert yaml.safe_load((ROOT / f"inventories/{inventory}/group_vars/management_host/jenkins.yml").read_text())["jenkins_enabled"] is False
    on = yaml.safe_load((ROLE / "tasks/main.yml").read_text(encoding="utf-8"))[1]
    (off,) = yaml.safe_load((ROLE / "tasks/absent.yml").read_text(encoding="utf-8"))
    assert (on["when"], off["when"]) == ("jenkins_enabled", "not jenkins_enabled")
    assert any(task.get("ansible.builtin.systemd_service", {}).get("state") == "stopped" for task in off["block"])


def test_the_runbooks_example_is_a_plan_that_can_work() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", RUNBOOK.read_text(encoding="utf-8"), re.DOTALL)
    known = {"vault_jenkins_hook_token": TOKEN, "vault_jenkins_node_key": KEY, "vault_jenkins_source_key": KEY}
    read = yaml.safe_load(example)

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [filled(part) for part in value]
        return known.get(str(value).strip("{} "), "something of the vault") if str(value).startswith("{{") else value

    assert set(read) <= set(DEFAULTS)
    given = {**DEFAULTS, **filled(read)}
    assert plan.faults({name.removeprefix("jenkins_"): value for name, value in given.items()}) == []


def parsed(folder: Path, text: str) -> str:
    """What the Groovy of Jenkins says to a script; nothing when it takes it."""
    (folder / "Script.groovy").write_text(text, encoding="utf-8")
    done = subprocess.run([str(JAVA), "-cp", str(GROOVY), "org.codehaus.groovy.tools.FileSystemCompiler", "-d", str(folder / "made"),
                           str(folder / "Script.groovy")], check=False, capture_output=True, text=True, timeout=120)
    return "" if done.returncode == 0 and (folder / "made" / "Script.class").exists() else done.stdout + done.stderr


@pytest.mark.skipif(not JAVA or not GROOVY.exists(), reason=NO_GROOVY)
@pytest.mark.parametrize(("spoil", "told_as"), [
    (("", ""), ""), (("stage('Check') {", "stage('Check' {"), "unexpected token"), (("sh 'make check'", "sh 'make check"), "expecting"),
    (("disableConcurrentBuilds()", "disableConcurrentBuilds("), "unexpected token")], ids=["as it is", "bracket", "quote", "call"])
def test_the_groovy_of_jenkins_takes_the_pipeline_and_none_that_is_spoilt(tmp_path: Path, spoil: tuple[str, str], told_as: str) -> None:
    text = (ROOT / "Jenkinsfile").read_text(encoding="utf-8")
    assert spoil[0] in text
    said = parsed(tmp_path, text.replace(*spoil) if spoil[0] else text)
    assert (told_as in said) if told_as else said == "", said


@pytest.mark.skipif(not JAVA or not GROOVY.exists(), reason=NO_GROOVY)
@WAYS
def test_it_takes_the_script_of_jobs_too(tmp_path: Path, given: dict[str, Any]) -> None:
    assert parsed(tmp_path, rendered("jobs.groovy.j2", **given)) == ""

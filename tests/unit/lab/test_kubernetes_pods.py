# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pod's life on a scripted engine and a clock nobody waits for; and how a spec becomes podman arguments."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest

from lab.kubernetes import defaults
from lab.kubernetes.addresses import PODS, Addresses
from lab.kubernetes.engine import Place, State, plain_text
from lab.kubernetes.podspec import Unrunnable, plan
from lab.kubernetes.probes import Probes, restart_delay
from lab.kubernetes.rollout import condition
from lab.kubernetes.store import Store
from lab.kubernetes.worker import Worker

CONTAINER = {"name": "web", "image": "web:1"}


class ScriptedEngine:
    """Containers that exist only as states; probes answer what `alive` says."""

    place = Place("11111111-aaaa", "net", "192.168.0.1")

    def __init__(self) -> None:
        self.now: State | None = None
        self.calls: list[str] = []
        self.missing = ""
        self.alive = True

    def create(self, name, pod, wanted, address):
        if self.missing:
            raise Unrunnable(self.missing)
        return self._run("create")

    def start(self, name):
        return self._run("start")

    def _run(self, call):
        self.calls.append(call)
        self.now = State(running=True, pid=0, id="abc")
        return self.now

    def state(self, name):
        return self.now

    def adopt(self, state):
        return state

    def stop(self, name, grace):
        self.calls.append(f"stop {grace}")
        self.now = State(running=False, exit_code=143)

    def remove(self, name):
        self.calls.append("remove")

    def forget(self, pod):
        self.calls.append("forget")

    def execute(self, name, argv, timeout):
        return self.alive, "" if self.alive else "no answer"

    @property
    def ended(self) -> bool:
        return self.now is not None and not self.now.running

    def dies(self, code=1):
        self.now = State(running=False, exit_code=code)


class Stage:
    """One pod, its worker, its engine and the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, policy: str = "Always", **container: Any):
        self.time = 1000.0
        self.dark = False
        self.store = Store(clock=lambda: self.time)
        self.engine = ScriptedEngine()
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "default"},
               "spec": {"restartPolicy": policy, "containers": [{**CONTAINER, **container}]}}
        defaults.fill("Pod", pod)
        kept = self.store.put(self.store.born(pod))
        self.addresses = Addresses("192.168.0.0/16", PODS)
        self.worker = Worker(kept, self.store, self.engine, self.addresses, lambda: self.dark)      # type: ignore[arg-type]
        monkeypatch.setattr("lab.kubernetes.worker.watch_process", lambda pid: os.open("/dev/null", os.O_RDONLY))
        monkeypatch.setattr("lab.kubernetes.worker.select.select", lambda *_: ([1] if self.engine.ended else [], [], []))

    def tick(self, seconds: float = 0.0) -> bool:
        self.time += seconds
        return self.worker.tick()

    @property
    def pod(self) -> Any:
        return self.store.get("Pod", "default", "web-1")

    @property
    def ready(self) -> bool:
        return condition(self.pod, "Ready").get("status") == "True"

    @property
    def container(self) -> dict[str, Any]:
        return self.pod["status"]["containerStatuses"][0]


READINESS = {"exec": {"command": ["true"]}, "periodSeconds": 2, "failureThreshold": 2}


def test_a_pod_is_ready_when_its_probe_says_so_and_stops_being_when_it_fails_often_enough(monkeypatch):
    stage = Stage(monkeypatch, readinessProbe=READINESS)
    stage.tick()
    assert stage.pod["status"]["phase"] == "Running" and stage.pod["status"]["podIP"] == "192.168.100.10"
    stage.tick()
    assert stage.ready
    stage.engine.alive = False
    stage.tick(2)
    assert stage.ready
    stage.tick(2)
    assert not stage.ready and stage.container["restartCount"] == 0


def test_a_pod_that_fails_its_liveness_probe_is_restarted_with_its_words(monkeypatch):
    stage = Stage(monkeypatch, livenessProbe={"exec": {"command": ["true"]}, "periodSeconds": 1, "failureThreshold": 3})
    stage.engine.alive = False
    for _ in range(6):
        stage.tick(1)
    assert stage.engine.calls[:3] == ["create", "stop 30", "start"]
    assert stage.container["restartCount"] == 1
    assert "failed liveness probe" in stage.container["lastState"]["terminated"]["message"]


def test_a_crashing_pod_backs_off(monkeypatch):
    stage = Stage(monkeypatch)
    stage.tick()
    stage.engine.dies()
    stage.tick(1)
    assert stage.engine.calls == ["create", "start"]
    stage.engine.dies()
    stage.tick(1)
    assert stage.container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    stage.tick(9)
    assert stage.engine.calls == ["create", "start"]
    stage.tick(2)
    assert stage.engine.calls == ["create", "start", "start"]
    assert [restart_delay(count, 1.0) for count in (0, 1, 2, 6)] == [0.0, 10.0, 20.0, 300.0]


@pytest.mark.parametrize(("code", "policy", "phase"), [(0, "Never", "Succeeded"), (3, "Never", "Failed"), (0, "OnFailure", "Succeeded")])
def test_a_pod_that_ended_for_good_leaves_no_container_to_be_started_again(monkeypatch, code, policy, phase):
    stage = Stage(monkeypatch, policy)
    stage.tick()
    stage.engine.dies(code)
    stage.tick(1)
    stage.tick(60)
    assert stage.pod["status"]["phase"] == phase
    assert stage.engine.calls == ["create", "remove"]
    assert stage.container["state"]["terminated"]["exitCode"] == code


def test_nothing_is_revived_while_the_site_is_dark(monkeypatch):
    stage = Stage(monkeypatch)
    stage.tick()
    stage.dark = True
    stage.engine.dies(137)
    for _ in range(5):
        assert stage.tick(30)
    assert stage.engine.calls == ["create"]
    stage.dark = False
    stage.tick(1)
    assert stage.engine.calls == ["create", "start"]


def test_a_pod_started_again_by_someone_else_is_adopted(monkeypatch):
    stage = Stage(monkeypatch)
    stage.tick()
    stage.engine.now = State(running=True, pid=77)
    monkeypatch.setattr("lab.kubernetes.worker.select.select", lambda *_: ([1], [], []))
    stage.tick(1)
    assert stage.engine.calls == ["create"] and stage.container["restartCount"] == 1


def test_what_cannot_be_started_says_why_and_is_tried_again(monkeypatch):
    stage = Stage(monkeypatch)
    stage.engine.missing = 'Failed to pull image "web:1": not in the lab\'s image store'
    stage.tick()
    assert stage.container["state"]["waiting"]["reason"] == "ErrImagePull"
    assert stage.pod["status"]["phase"] == "Pending"
    stage.engine.missing = ""
    stage.tick(1)
    assert stage.engine.calls == []
    stage.tick(1)
    assert stage.engine.calls == ["create"]


def test_a_deleted_pod_is_stopped_with_its_grace_and_gives_its_address_back(monkeypatch):
    stage = Stage(monkeypatch)
    stage.tick()
    stage.store.put({**stage.pod, "metadata": {**stage.pod["metadata"], "deletionTimestamp": "now", "deletionGracePeriodSeconds": 7}})
    assert stage.tick() is False
    assert stage.engine.calls == ["create", "stop 7", "remove", "forget"]
    assert stage.pod is None
    assert stage.addresses.take("192.168.100.10")


def test_no_other_probe_runs_before_the_start_up_probe_has_succeeded():
    probe = {"periodSeconds": 1, "failureThreshold": 30, "successThreshold": 1}
    probes = Probes({"startupProbe": probe, "livenessProbe": probe, "readinessProbe": probe}, 0.0)
    assert [kind for kind, _ in probes.due(0.0)] == ["startup"]
    probes.watches["startup"].record(True, "", 0.0)
    assert [kind for kind, _ in probes.due(0.0)] == ["liveness", "readiness"] and not probes.ready


def test_addresses_are_handed_out_in_turn_and_wishes_are_granted_once():
    addresses = Addresses("192.168.0.0/16", PODS)
    first = addresses.take()
    addresses.give(first)
    assert addresses.take() == "192.168.100.11"
    addresses.take("192.168.10.200")
    with pytest.raises(Unrunnable, match="taken"):
        addresses.take("192.168.10.200")
    with pytest.raises(Unrunnable, match="not in"):
        addresses.take("10.0.0.1")


def made(objects: dict[tuple[str, str], dict[str, Any]] | None = None, spec: dict[str, Any] | None = None, **container: Any):
    pod = {"metadata": {"name": "web-1", "namespace": "shop", "uid": "u"}, "spec": {"containers": [{**CONTAINER, **container}], **(spec or {})}}
    defaults.fill("Pod", pod)
    return plan(pod, "192.168.100.10", lambda kind, name: (objects or {}).get((kind, name)))


def test_environment_comes_from_everywhere_and_later_ones_see_earlier_ones():
    objects = {("ConfigMap", "cm"): {"data": {"SITE": "nhn"}}, ("Secret", "s"): {"data": {"PW": base64.b64encode(b"x=y z").decode()}}}
    env = [{"name": "URL", "value": "http://$(SITE)/$(NONE)/$$(SITE)"}, {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
           {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "PW"}}}]
    wanted = made(objects, env=env, envFrom=[{"configMapRef": {"name": "cm"}}, {"secretRef": {"name": "s"}}], args=["--at=$(SITE)"])
    assert wanted.environment == {"SITE": "nhn", "PW": "x=y z", "URL": "http://nhn/$(NONE)/$(SITE)", "IP": "192.168.100.10", "KEY": "x=y z"}
    assert wanted.args == ["--at=nhn"]
    assert not any("x=y" in flag for flag in wanted.flags)


@pytest.mark.parametrize(("container", "why"), [
    ({"envFrom": [{"secretRef": {"name": "gone"}}]}, 'secret "gone" not found'),
    ({"env": [{"name": "A", "value": "a\nb"}]}, "several lines: A"),
])
def test_what_is_missing_keeps_the_container_from_being_made(container, why):
    with pytest.raises(Unrunnable, match=why):
        made(**container)


def test_limits_and_security_become_flags():
    wanted = made(resources={"limits": {"cpu": "500m", "memory": "64Mi"}}, command=["sh", "-c", "x"],
                  securityContext={"readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                  spec={"securityContext": {"runAsUser": 1000, "runAsNonRoot": True}})
    assert {"--cpus=0.5", "--memory=67108864b", "--cpu-shares=512", "--user=1000", "--read-only", "--cap-drop=all",
            "--security-opt=no-new-privileges", '--entrypoint=["sh", "-c", "x"]'} <= set(wanted.flags)
    assert wanted.non_root and wanted.user == "1000"


def test_volumes_become_mounts_and_files():
    wanted = made({("ConfigMap", "cm"): {"data": {"a": "1"}}}, volumeMounts=[{"name": "c", "mountPath": "/c"}, {"name": "t", "mountPath": "/tmp"},
                                                                            {"name": "m", "mountPath": "/m"}],
                  spec={"volumes": [{"name": "c", "configMap": {"name": "cm"}}, {"name": "t"}, {"name": "m", "emptyDir": {"medium": "Memory"}}]})
    assert wanted.mounts == [("c", "/c", True), ("t", "/tmp", False)]
    assert wanted.files == {"c": {"a": b"1"}, "t": {}}
    assert "--tmpfs=/m:rw,mode=1777" in wanted.flags


def test_container_logs_are_put_together_from_their_parts():
    assert plain_text("t stdout P one \nt stdout F line\nt stderr F two words\n") == "one line\ntwo words\n"

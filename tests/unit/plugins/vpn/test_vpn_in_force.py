# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change goes by what is in force and was asked for now, whatever runs before it wanted, put and did not load."""

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.vpn import change, place
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.change import Change
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.place import HEALTH
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.planes import Failed

from tests.unit.plugins.vpn.host import A, B, Gateway, config


@pytest.fixture
def gateway(tmp_path):
    made = Gateway(tmp_path)
    made.in_force()
    return made


def noted(gateway, **texts):
    """What the daemon noted that it has loaded, tunnel by tunnel."""
    note = gateway.root / place.NOTES["tunnels"].lstrip("/")
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("".join(f"{hashlib.sha256(text.encode()).hexdigest()}  /{place.SWANCTL.format(name)}\n" for name, text in texts.items()))


def put(gateway, name, text):
    """As a run that was killed before it loaded it."""
    gateway.want(name, text)
    gateway.place.put(gateway.place.wanted, gateway.root, name)


def test_a_file_that_was_put_and_not_loaded_is_loaded_as_carefully_as_any(gateway):
    """kill -9 between both: nothing differs, and a plain reload would take the tunnel that carries. What was kept is not what was loaded here."""
    noted(gateway, a="before", b="one\n")
    gateway.stale = {"tunnels"}
    assert gateway.place.unloaded() == ["a"]
    Change(gateway.place, 5).load()
    assert gateway.seen[0][2] == "b", "led away first"


def test_a_file_that_was_put_and_not_loaded_is_not_loaded_with_the_others(gateway):
    """A reload loads all files: the tunnel that carries would have gone down with the one whose turn it was."""
    noted(gateway, a="one\n", b="one\n")
    put(gateway, A, "two\n")
    gateway.want(B, "two\n")
    Change(gateway.place, 5).load()
    assert gateway.seen == [("one\n", "two\n", "a"), ("two\n", "two\n", "b")]


def test_where_only_one_tunnel_is_asked_for_the_other_stays_as_it_is_in_force(gateway):
    """The description that lies there is what a run before wanted, which was refused; or it was put and never loaded."""
    gateway.want(A, "refused\n")
    gateway.want(B, "two\n")
    assert gateway.place.differs(["b"]) == [B] and gateway.place.differs() == [A, B]
    change.begin(gateway.place, 5, 60, only=["b"])
    assert change.load(gateway.place, 5, 60) and gateway.seen == [("one\n", "two\n", "a")]
    change.keep(gateway.place)
    noted(gateway, a="one\n", b="two\n")
    put(gateway, A, "killed\n")
    gateway.want(B, "three\n")
    change.begin(gateway.place, 5, 60, only=["b"])
    assert change.load(gateway.place, 5, 60) and gateway.seen[1:] == [("one\n", "three\n", "a")]


def test_the_tunnel_that_alone_is_asked_for_is_named_to_the_program(gateway, monkeypatch, capsys):
    monkeypatch.setattr(change, "Place", lambda: gateway.place)
    gateway.want(A, "refused\n")
    gateway.want(B, "two\n")
    assert change.main(["change", "differs", "b"]) == 0 and json.loads(capsys.readouterr().out) == {"differs": [B]}
    assert change.main(["change", "begin", "5", "60", "0", "b"]) == 0
    assert (gateway.place.wanted / A).read_text() == "one\n" and any(line.endswith("change load 5.0 60.0 0.0") for line in gateway.ran)


def test_who_leads_goes_by_what_is_in_force_and_waits_for_whoever_changes_it(gateway):
    gateway.want(HEALTH, json.dumps({**config(), "tunnels": []}))
    with gateway.place.alone(), pytest.raises(Failed, match="another change of this host has been going on"):
        change._lead(gateway.place, "b", accept=False)
    assert change._lead(gateway.place, "b", accept=False) == 0 and gateway.newest == "b"
    (gateway.root / HEALTH).unlink()
    with pytest.raises(Failed, match="is missing; role vpn_gateway brings it"):
        change._lead(gateway.place, "b", accept=False)

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What two agents answer to /status in an ordinary minute, made by the same code that makes an agent's: only what was seen is made up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.switch import verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.conclusion import Limits
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.outlook import Outlook, Sources
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    ComparedView,
    GateView,
    LinkView,
    MembersView,
    NoAnswer,
    NotLooked,
    Observations,
    PeerView,
    RecordView,
    ReplicaView,
    Saw,
    to_plain,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing
from ansible_collections.multicloud.dr.plugins.module_utils.switch.words import in_words

NOW = 1_795_000_000.0
MEMBERS = Saw(MembersView(3, 3, 3))
NHN = Observations(
    "nhn", Saw(RecordView("nhn", 4, 0.7)), Saw(GateView(True, 4)), Saw(ReplicaView(False, None)), Saw(True), Saw(True), MEMBERS,
    Saw(PeerView(False, False, "NORMAL", True, 0.31)), Saw(LinkView(True, ("a", "b"))), NotLooked("it is no copy that anybody would move to"))
AWS = Observations(
    "aws", Saw(RecordView("nhn", 4, 0.9)), Saw(GateView(False, 3)), Saw(ReplicaView(True, 0.31, 0.34, -0.002, 0.001)), Saw(True), Saw(True),
    MEMBERS, Saw(PeerView(True, False, "WRITER_HERE")), Saw(LinkView(True)), Saw(ComparedView(True, 7380.0, 4, 1_284_551)))
STEPS = [
    ("judge", 0.0, 0.041, False, "SITE_LOST: NHN has not renewed the record for 11.2 s, and its edge gives no answer; AWS takes over."),
    ("take_record", 0.05, 0.018, True, "AWS holds the record at epoch 3; it was NHN's at epoch 2."),
    ("close_gate", 0.08, 0.035, False, "Nobody writes here."),
    ("promote", 0.13, 0.092, True, "The copy follows nobody any more. Everything received was applied: binlog.000007, position 88213."),
    ("open_gate", 0.24, 0.021, True, "Open for epoch 3 on server 5f3c1f0e-7a55-11f1-9a0e-0242ac110002."),
    ("latch", 0.27, 0.064, True, "The marker s3://multicloud-dr-latch/taken-over is there; names lead to AWS as soon as checkers have seen it."),
    ("prove", 0.35, 0.28, False, "A row was written and read back under epoch 3."),
]
SWITCHED: dict[str, Any] = {
    "switch": "20261112T081405-aws", "verdict": "SITE_LOST", "because": STEPS[0][4], "epoch": 3, "finished": NOW - 86400 * 2,
    "steps": [{"name": name, "started": NOW - 86400 * 2 - 1 + at, "seconds": took, "changed": changed, "detail": detail}
              for name, at, took, changed, detail in STEPS]}
JOURNAL = [line for name, at, took, changed, detail in STEPS for line in (
    {"time": NOW - 86400 * 2 - 1 + at, "switch": SWITCHED["switch"], "step": name, "phase": "before"},
    {"time": NOW - 86400 * 2 - 1 + at + took, "switch": SWITCHED["switch"], "step": name, "phase": "after", "changed": changed, "detail": detail})]


LAID_IN: dict[str, Any] = {
    "room": {"short": [], "silent": []}, "release": {"release": "1.4", "keys": ["5d41402abc4b"]},
    "dates": {"ends": {"CA of the quorum": NOW + 86400 * 900}, "unread": {}},
    "backup": {"made": NOW - 3600 * 7, "made_ok": True, "proven": NOW - 86400 * 3, "test_ok": True},
    "rehearsal": {"ok": True, "at": NOW - 86400 * 2, "said": "", "good": NOW - 86400 * 2, "rto_seconds": 32.4}}


def status(seen: Observations, **more: Any) -> dict[str, Any]:
    """As daemon.Service.status() answers. more: what replaces or joins it."""
    timing = Timing()
    record = seen.record.value if isinstance(seen.record, Saw) else None
    gate = seen.gate.value if isinstance(seen.gate, Saw) else None
    told: dict[str, Any] = {
        "site": seen.site, "primary": "nhn", "topology": "tickets", "writer": bool(gate and gate.open), "maintenance": seen.maintenance,
        "renewals": 8123, "beats": 64984,
        "record": {"writer": record.writer if record else None, "epoch": record.epoch if record else None,
                   "unchanged_seconds": record.unchanged_seconds if record else None, "said": None if record else "no member answers"},
        "gate": {"server_uuid": "5f3c1f0e-7a55-11f1-9a0e-0242ac110002", "epoch": gate.epoch if gate else None, "age_seconds": 0.18, "said": None,
                 "drain": None, "ungated": []},
        "observations": {name: to_plain(getattr(seen, name)) for name in (
            "record", "gate", "replica", "writer_edge", "own_edge", "members", "peer", "link", "compared")},
        "verdict": vars(verdict.judge(seen, timing)), "if_lost": vars(verdict.if_lost(seen, timing)),
        "journal": {"lines": len(JOURNAL), "copied": len(JOURNAL), "faults": []}, "switched": None, "protection": {"unprotected": False, "left": {}},
        "clock": {"seconds": -0.002, "bound": 0.001, "said": None}, "provisions": LAID_IN,
        "readiness": {"score": 100, "ready": True, "writer": "nhn", "reasons": [], "asks": False, "weighed": NOW - 20},
        "mode": "automatic", "asks": False, "acting_said": None}
    told |= more
    return {**told, "words": in_words(told)}


def nhn_is_dark(unchanged: float = 6.4) -> Observations:
    """What AWS sees while NHN has just gone dark."""
    dark = NoAnswer("timed out")
    return replace(AWS, record=Saw(RecordView("nhn", 4, unchanged)), writer_edge=dark, members=Saw(MembersView(3, 2, 2)), peer=dark,
                   link=Saw(LinkView(False)), replica=Saw(ReplicaView(True, 0.4, 4.9, -0.002, 0.001)))


def outlook(mine: Callable[[], dict[str, Any]], clock: Callable[[], float] = time.monotonic, **more: Any) -> Outlook:
    """What a page beside such an agent knows."""
    given: dict[str, Any] = {"status": mine, "journal": lambda: JOURNAL, "seen_seconds": lambda: 0.4, "sites": ["nhn", "aws"], "fresh_seconds": 8.0,
                             "limits": Limits(), "clock": clock, "wall": lambda: NOW}
    return Outlook(Sources(**{**given, **more}))

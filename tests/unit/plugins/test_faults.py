# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults tell four facts, to people and to machines."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.faults import Answer, BadInput, Fault


def test_four_facts_in_order() -> None:
    fault = Fault("attach tunnel b", "to vpn-0a1b2c (ap-northeast-2)", answer=Answer("AWS", 409, "IncorrectState", "connection is modifying", "7f3e"),
                  left="Tunnel a is up and was not touched.", then="Run again when the state is 'available'.")
    assert str(fault) == ("Could not attach tunnel b to vpn-0a1b2c (ap-northeast-2).\n"
                          'AWS answered 409 IncorrectState: "connection is modifying" (request 7f3e).\n'
                          "Tunnel a is up and was not touched. Run again when the state is 'available'.")


def test_the_same_facts_for_a_machine() -> None:
    facts = Fault("read", "x", answer=Answer("NHN Cloud", None, words="nothing within 60 s"), then="Run again.").facts()
    assert facts == {"kind": "Fault", "doing": "read", "to": "x", "left": "", "next": "Run again.",
                     "answer": {"who": "NHN Cloud", "status": None, "code": "", "words": "nothing within 60 s", "request": ""}}


def test_an_answer_without_a_status_is_still_quoted() -> None:
    assert str(Answer("NHN Cloud", words="nothing within 60 s")) == 'NHN Cloud answered "nothing within 60 s".'


def test_all_faults_of_the_input_at_once() -> None:
    told = str(BadInput(["a[0].b: wrong", "c: missing"]))
    assert "a[0].b: wrong" in told and "c: missing" in told

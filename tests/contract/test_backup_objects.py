# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Object Storage that misbehaves while a stream goes up or comes down: borne for a while, and then a fault in words. Against the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from ansible_collections.multicloud.dr.plugins.module_utils.backup.objects import TRIES, Objects
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.auth import for_objects
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas

from tests.contract.nhn_cloud import NhnCloud
from tests.unit.plugins.still_clock import StillClock

BLOCKS = [b"tickets", b"", b" and seats"]
AMISS: list[dict[str, Any]] = [{"status": 503}, {"status": 429}, {"status": 504, "after": True}, {"drop": True}, {"expire": True}]


@pytest.fixture
def objects(nhn: NhnCloud) -> Objects:
    nhn.make("object_container", name="exports")
    return Objects(Iaas(for_objects(nhn.auth), clock=StillClock()), "exports")


@pytest.mark.parametrize("amiss", AMISS, ids=str)
def test_a_single_answer_amiss_costs_nothing(amiss: dict[str, Any], objects: Objects, nhn: NhnCloud) -> None:
    """A 503 on the manifest used to end hours of exporting in a traceback."""
    nhn.unkind("PUT /objects/*/a/manifest.json", **amiss)
    objects.put("a/manifest.json", lambda: iter(BLOCKS))
    assert nhn.orders() == []
    [entry] = objects.below("a")
    nhn.unkind("GET /objects/*/a/manifest.json", **amiss)
    assert b"".join(objects.get(entry)) == b"".join(BLOCKS) and nhn.orders() == []


@pytest.mark.parametrize("status", [503, 429, 401])
def test_one_that_stays_amiss_is_a_fault_in_words(status: int, objects: Objects, nhn: NhnCloud) -> None:
    nhn.unkind("PUT /objects/*/never", status=status, times=TRIES)
    with pytest.raises(Fault, match=rf"upload exports/never(?s:.*)answered {status}(?s:.*)None of {TRIES} attempts") as caught:
        objects.put("never", lambda: BLOCKS)
    assert not isinstance(caught.value, requests.RequestException) and objects.below("never") == [] and nhn.orders() == []


def test_a_stream_that_breaks_off_is_its_own_fault_and_is_not_begun_again(objects: Objects) -> None:
    begun: list[int] = []

    def breaks_off() -> Iterator[bytes]:
        begun.append(1)
        yield b"half"
        raise Fault("read", "s3://somewhere", left="It was cut short.")

    with pytest.raises(Fault, match="cut short"):
        objects.put("half", breaks_off)
    assert begun == [1] and objects.below("half") == []

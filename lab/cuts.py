# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cuts between groups of addresses on the lab's internet: packets vanish on the bridge, as they would on a line that is cut.

The rules sit in the machine's own bridge, outside every container: a container that restarts does not lose them, and none of
those who suffer can see them.
"""

from __future__ import annotations

import ipaddress
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lab.world import AWS_LOAD_BALANCERS, AWS_PUBLIC, AWS_ROUTER, INTERNET_CIDR, NHN_FLOATING, NHN_ROUTER, THIRD_PLACE, VPN_OUTSIDE

TABLE = "bridge multicloud_dr_lab_cuts"


class CutFailed(RuntimeError):
    """nft refused; the message is its own words."""


@dataclass(frozen=True)
class Cut:
    """No packet passes between an address of `one` and an address of `other`, in either direction, or with `one_way` from `one` to
    `other`. Elements as nft writes them.
    """

    one: tuple[str, ...]
    other: tuple[str, ...]
    one_way: bool = False


def _range(pair: tuple[str, str]) -> str:
    return "-".join(pair)


def _outside(tunnel: int) -> tuple[str, ...]:
    """The VPN outside addresses of every connection's first (0) or second (1) tunnel: AWS's emulator hands them out in pairs."""
    first, last = (int(ipaddress.ip_address(end)) for end in VPN_OUTSIDE)
    return tuple(str(ipaddress.ip_address(number)) for number in range(first + tunnel, last + 1, 2))


NHN = (NHN_ROUTER, _range(NHN_FLOATING))
AWS = (AWS_ROUTER, _range(AWS_PUBLIC), _range(VPN_OUTSIDE), _range(AWS_LOAD_BALANCERS))
THIRD = (THIRD_PLACE,)
EVERYTHING = (INTERNET_CIDR,)

CUTS: Mapping[str, Cut] = {
    "tunnel_a": Cut(NHN, _outside(0)),
    "tunnel_b": Cut(NHN, _outside(1)),
    "tunnel_a_to_aws": Cut(NHN, _outside(0), one_way=True),
    "tunnel_a_from_aws": Cut(_outside(0), NHN, one_way=True),
    "tunnel_b_to_aws": Cut(NHN, _outside(1), one_way=True),
    "tunnel_b_from_aws": Cut(_outside(1), NHN, one_way=True),
    "link": Cut(NHN, (_range(VPN_OUTSIDE),)),
    "nhn_from_aws": Cut(NHN, AWS),
    "internet_from_nhn": Cut(NHN, EVERYTHING),
    "internet_from_aws": Cut(AWS, EVERYTHING),
    "third_from_nhn": Cut(THIRD, NHN),
    "third_from_aws": Cut(THIRD, AWS),
    "nhn_to_aws": Cut(NHN, AWS, one_way=True),
    "aws_to_nhn": Cut(AWS, NHN, one_way=True),
    "nhn_to_third": Cut(NHN, THIRD, one_way=True),
    "aws_to_third": Cut(AWS, THIRD, one_way=True),
}


def apply(in_force: Mapping[str, Any]) -> None:
    """Make exactly those cuts that are among the faults in force; names that are no cuts are passed over."""
    cut = [name for name in CUTS if name in in_force]
    if not cut:
        remove()
        return
    done = subprocess.run(["nft", "-f", "-"], input=rules(cut), capture_output=True, text=True, check=False)
    if done.returncode:
        raise CutFailed(f"nft refused the cuts {', '.join(cut)}: {done.stderr.strip()}")


def remove() -> bool:
    """Heal every cut; says whether there was one."""
    return subprocess.run(["nft", "delete", "table", *TABLE.split()], capture_output=True, check=False).returncode == 0


def _ways(cut: Cut) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    there = (cut.one, cut.other)
    return (there,) if cut.one_way else (there, (cut.other, cut.one))


def rules(names: Collection[str]) -> str:
    """The nft script that makes these cuts and no others."""
    drops = [f"    ip saddr {{ {', '.join(here)} }} ip daddr {{ {', '.join(there)} }} counter drop comment \"{name}\""
             for name in names for here, there in _ways(CUTS[name])]
    lines = [f"table {TABLE}", f"delete table {TABLE}", f"table {TABLE} {{"]
    for hook in ("forward", "input", "output"):     # between containers, to this machine, from it
        lines += [f"  chain {hook} {{", f"    type filter hook {hook} priority 0", *drops, "  }"]
    return "\n".join([*lines, "}", ""])

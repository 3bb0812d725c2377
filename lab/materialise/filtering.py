# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What security groups let pass, in the kernel's words: an nftables script for the network namespace of whoever has the port.

A cloud filters at the port, outside the machine. The nearest to that inside a namespace are the first and the last look at a packet on the
way through its network devices (podman's, `eth0` on): loopback and what comes out of a tunnel are the machine's own affair, and what it
passes on to others is filtered as it comes in and as it goes out, as it is at a cloud.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from lab.materialise.specs import Filter, Rule

TABLE = "ip lab_security_groups"
# The names clouds have for protocols, by IANA's numbers.
PROTOCOLS = {"icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "ospf": 89,
             "vrrp": 112, "pgm": 113, "sctp": 132, "udplite": 136}
WITH_PORTS = tuple(PROTOCOLS[name] for name in ("tcp", "udp", "dccp", "sctp", "udplite"))
ANYWHERE = "0.0.0.0/0"

# A connection that is new without a first packet is one that began before the kernel followed any: a machine answers before its groups are in force.
# Before anything the machine itself translates on the way in (-100), after anything it translates on the way out (100).
_RULES = """\
table {table} {{
  chain ingress {{
    type filter hook prerouting priority -150; policy accept;
    iifname != "eth*" accept
    ct state established,related accept
    tcp flags & (syn | rst) == 0 ct state new accept
{ingress}    counter drop
  }}
  chain egress {{
    type filter hook postrouting priority 150; policy accept;
    oifname != "eth*" accept
{spoofed}    ct state established,related accept
    tcp flags & (syn | rst) == 0 ct state new accept
{egress}    counter drop
  }}
}}
"""


def ruleset(filter_: Filter | None) -> str:
    """The nft script that puts a filter into force in place of an older one, at once; None takes it away, as port security off does.

    What had begun under an older filter may go on: groups are stateful.
    """
    gone = f"table {TABLE}\ndelete table {TABLE}\n"
    if filter_ is None:
        return gone
    allowed = {way: "".join(f"    {match}\n" for rule in filter_.rules if rule.direction == way for match in _match(rule))
               for way in ("ingress", "egress")}
    spoofed = f"    ip saddr != {_set(filter_.sources)} counter drop\n" if filter_.sources else ""
    return gone + _RULES.format(table=TABLE, spoofed=spoofed, **allowed)


def _match(rule: Rule) -> Iterator[str]:
    """A rule as nft has it; nothing for one whose other end is nobody."""
    if not rule.remotes:
        return
    words = []
    if ANYWHERE not in rule.remotes:
        words.append(f"ip {'saddr' if rule.direction == 'ingress' else 'daddr'} {_set(rule.remotes)}")
    if rule.protocol is not None:
        words.append(f"meta l4proto {rule.protocol}")
    if rule.protocol == PROTOCOLS["icmp"]:
        words += [f"icmp {what} {number}" for what, number in (("type", rule.low), ("code", rule.high)) if number is not None]
    elif rule.protocol in WITH_PORTS and rule.low is not None and rule.high is not None:
        words.append(f"th dport {rule.low}" + (f"-{rule.high}" if rule.high != rule.low else ""))
    yield " ".join([*words, "accept"])


def _set(ranges: Iterable[str]) -> str:
    """Ranges as a set; nft takes none that overlap."""
    return f"{{ {', '.join(map(str, ipaddress.collapse_addresses(map(ipaddress.IPv4Network, ranges))))} }}"

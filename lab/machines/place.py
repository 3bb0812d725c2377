# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where everything of the machines is: addresses, names and files. Constants and paths only. Addresses are those that the lab's clouds give out."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from lab.world import AWS_PUBLIC, INTERNET_CIDR, MACHINE, NHN_FLOATING, ROOT, VPN_OUTSIDE

BUILD = ROOT / "build" / "machines"
HOSTS = BUILD / "hosts"                 # <machine>/: what it is told, its disk of that, its pid
SECRETS = BUILD / "secrets.yml"         # both tunnels' keys
STATE = HOSTS / "aws" / "connection.json"       # what AWS's end is asked for now, with keys
WORLD = BUILD / "world.json"            # the same as playbooks/look.yml finds at the clouds, as far as tunnels stand on it; without keys
FAULTS = BUILD / "faults.json"
LOG = BUILD / "log"                     # <machine>.log: its serial console
MASTERS = Path("/run/multicloud-dr-machines")        # where connections stay open; short, as the path of a socket is
KEY = BUILD / "ssh" / "id_ed25519"
KNOWN = BUILD / "ssh" / "known_hosts"
CACHE = Path("/var/cache/multicloud-dr-lab/machines")       # <tag>/: root.ext4, vmlinuz, initrd; shared by all clones

NAMESPACE = "multicloud-dr-machines"
CONTROLLER, INTERNET = MACHINE, INTERNET_CIDR
FLOATING = NHN_FLOATING[0]              # of NHN's host, to begin with
STANDBY = AWS_PUBLIC[0]
OUTSIDE = (VPN_OUTSIDE[0], str(ipaddress.ip_address(VPN_OUTSIDE[0]) + 1))
NHN_CIDR, AWS_CIDR = "192.168.0.0/16", "10.0.0.0/16"
NHN_HOST, NHN_GATE, AWS_HOST = "192.168.0.10", "192.168.0.1", "10.0.0.10"
INSIDE = ("169.254.11.0/30", "169.254.12.0/30")
USERS = {"nhn": "debian", "aws": "admin"}

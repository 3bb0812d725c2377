# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A VPC router in the kernel's words: nftables for what passes and is translated, a script for addresses and routes.

Interfaces are found by the range they are in: podman gives no promise in which order it makes them. Everything can be applied again
at any time; what is no longer wanted goes.
"""

from __future__ import annotations

from lab import world
from lab.materialise.specs import Router

_RULES = """\
table ip lab_router
delete table ip lab_router
table ip lab_router {{
  chain forward {{
    type filter hook forward priority filter; policy accept;
    iifname $inside oifname $outside ip daddr {machine} meta l4proto {{ tcp, udp }} th dport 53 accept
{leaving}    iifname $outside oifname $inside ct state established,related accept
    iifname $outside oifname $inside ct status dnat accept
    iifname $outside oifname $inside drop
  }}
  chain prerouting {{
    type nat hook prerouting priority dstnat;
{dnat}  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
{snat}    oifname $outside ip saddr {cidr} masquerade
    oifname $inside ip saddr {cidr} ct status dnat masquerade
  }}
}}
"""

_APPLY = """\
#!/bin/sh
# Brings this router into the wanted state; run at every start and after every change.
set -e
outside=$(ip -oneline -4 address show to {internet} | awk '{{ print $2; exit }}')
inside=$(ip -oneline -4 address show to {cidr} | awk '{{ print $2; exit }}')
wanted_addresses="{addresses}"
wanted_routes="{routes}"
for address in $wanted_addresses; do
  ip address replace "$address/32" dev "$outside"
done
ip -oneline -4 address show dev "$outside" | awk '$4 ~ "/32$" {{ sub("/32", "", $4); print $4 }}' | while read -r address; do
  case " $wanted_addresses " in *" $address "*) ;; *) ip address del "$address/32" dev "$outside" ;; esac
done
{replace}ip route show proto {proto} | while read -r cidr rest; do
  case " $wanted_routes " in *" $cidr "*) ;; *) ip route del "$cidr" proto {proto} ;; esac
done
nft --define "outside=$outside" --define "inside=$inside" --file /etc/lab/router.nft
# What was translated goes on by the old rules for as long as it flows, as IPsec between two ends that both ask does for ever; in a cloud an address
# that is given to another takes effect at once. TCP that is under way is taken up again.
if ! cmp -s /etc/lab/router.nft /run/lab-router.nft; then
  python3 -c '{forget}'
  cp /etc/lab/router.nft /run/lab-router.nft
fi
"""

# ctnetlink's IPCTNL_MSG_CT_DELETE for all of IPv4, with an acknowledgement that is read: the image has no program for it.
FORGET = """import socket, struct
asking = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
asking.send(struct.pack("=IHHIIBBH", 20, 1 << 8 | 2, 5, 1, 0, socket.AF_INET, 0, 0))
code = struct.unpack_from("=i", asking.recv(4096), 16)[0]
raise SystemExit(code and "netlink answered %d" % code)"""

PROTO = 99      # marks our routes among the kernel's own


def rules(router: Router) -> str:
    """The nftables file. Without an internet gateway nothing leaves but questions to the DNS, which every cloud answers inside."""
    shut = [f" ip saddr {cidr}" for cidr in router.shut] if router.open else [""]
    return _RULES.format(
        machine=world.MACHINE, cidr=router.cidr,
        leaving="".join(f"    iifname $inside oifname $outside{whose} reject with icmp type net-unreachable\n" for whose in shut),
        dnat="".join(f"    ip daddr {pair.public} dnat to {pair.private}\n" for pair in router.nat),
        snat="".join(f"    oifname $outside ip saddr {one.private} snat to {one.public}\n" for one in (*router.nat, *router.shared)),
    )


def script(router: Router) -> str:
    """The shell script that applies addresses, routes and rules, in that order."""
    return _APPLY.format(
        internet=world.INTERNET_CIDR, cidr=router.cidr, forget=FORGET,
        addresses=" ".join(one.public for one in (*router.nat, *router.shared)), routes=" ".join(route.cidr for route in router.routes), proto=PROTO,
        replace="".join(f"ip route replace {route.cidr} via {route.via} proto {PROTO}\n" for route in router.routes),
    )

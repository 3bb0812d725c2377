# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How packets are led in each data plane: what is asked of `ip` and `swanctl`, and what is read from what they say."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.vpn.planes import Failed, Kernel, Tunnel, Userspace, missing, newest, tunnels_of

SAS = """list-sa event {multicloud-a {uniqueid=7 version=2 state=ESTABLISHED child-sas {probe-a-12 {name=probe-a uniqueid=12 reqid=2 state=INSTALLED}
sites-a-9 {name=sites-a uniqueid=9 reqid=1 state=INSTALLED mode=TUNNEL local-ts=[192.168.0.0/16]}}}}
list-sa event {multicloud-b {uniqueid=6 child-sas {sites-b-10 {name=sites-b uniqueid=10 reqid=1 state=INSTALLED}}}}
list-sas reply {}
"""


def test_the_newest_installed_child_of_the_sites_carries():
    assert newest(SAS) == "b"
    assert newest(SAS.replace("uniqueid=9 ", "uniqueid=11 ")) == "a"
    assert newest(SAS.replace("uniqueid=10 reqid=1 state=INSTALLED", "uniqueid=10 reqid=1 state=INSTALLING")) == "a"
    assert newest("list-sas reply {}") is None


def test_a_child_is_built_anew_and_where_there_is_none_built():
    ran = []

    def run(argv, timeout):
        ran.append(" ".join(argv))
        if "--rekey" in argv and "sites-b" in argv:
            raise Failed("no such child")
        return ""

    Userspace(run).lead("a")
    Userspace(run).lead("b")
    assert ran == ["swanctl --rekey --child sites-a", "swanctl --rekey --child sites-b", "swanctl --initiate --child sites-b --timeout -1"]


def test_only_what_nobody_is_about_to_build_is_missing():
    both = ("sites", "probe")
    assert missing(SAS, "a", both) == [] and missing(SAS, "b", both) == []
    established = SAS.replace("{uniqueid=6 ", "{uniqueid=6 state=ESTABLISHED ")
    assert missing(established, "b", both) == ["probe-b"] and missing(established, "b", ("sites",)) == []
    assert missing(established.replace("child-sas {sites-b", "tasks-queued=[CHILD_CREATE] child-sas {sites-b"), "b", both) == []
    assert missing("list-sas reply {}", "a", both) == ["sites-a", "probe-a"]
    assert missing("list-sa event {multicloud-a {uniqueid=8 state=CONNECTING child-sas {}}}", "a", both) == []


def test_only_what_seems_whole_is_ended():
    established = SAS.replace("{uniqueid=6 ", "{uniqueid=6 state=ESTABLISHED ")
    ran = []

    def asked(listing, name):
        ran.clear()
        found = Userspace(lambda argv, timeout: listing if "--list-sas" in argv else ran.append(" ".join(argv)) or "").renew(name)
        return found, list(ran)

    whole = ("list-sa event {multicloud-b {uniqueid=6 state=ESTABLISHED child-sas {sites-b-3 {name=sites-b uniqueid=3 state=INSTALLED} "
             "probe-b-4 {name=probe-b uniqueid=4 state=INSTALLED}}}}")
    assert asked(whole, "b") == (True, ["swanctl --terminate --ike multicloud-b --force --timeout -1"])
    assert asked(established, "b") == (False, []), "one that lacks a child is completed"
    assert asked("list-sas reply {}", "b") == (False, [])
    assert asked(whole.replace("ESTABLISHED", "CONNECTING"), "b") == (False, [])


class Routes:
    """Just enough of `ip route` for one range: {metric: interface}, as the kernel has one route of a metric."""

    def __init__(self):
        self.have = {100: "vpn-a", 200: "vpn-b"}

    def __call__(self, argv, timeout):
        match list(argv):
            case ["ip", "route", "show", "exact", "10.0.0.0/16"]:
                return "".join(f"10.0.0.0/16 dev {name} scope link src 192.168.0.10 metric {metric} \n" for metric, name in self.have.items()) + \
                    "blackhole 10.0.0.0/16 metric 500 \n"
            case ["ip", "route", "replace", "10.0.0.0/16", "dev", name, "src", "192.168.0.10", "metric", metric]:
                self.have[int(metric)] = name
            case ["swanctl", *_]:
                return ""
            case other:
                raise AssertionError(other)
        return ""


TUNNELS = [{"name": "a", "here": "x", "there": "y", "interface": "vpn-a", "metric": 100},
           {"name": "b", "here": "x", "there": "y", "interface": "vpn-b", "metric": 200}]


def kernel(routes):
    return Kernel("10.0.0.0/16", "192.168.0.10", tunnels_of({"tunnels": TUNNELS}), routes)


def test_in_the_kernel_the_least_metric_carries_and_the_other_stands_by():
    routes = Routes()
    plane = kernel(routes)
    assert plane.tunnels["a"] == Tunnel("a", "x", "y", "vpn-a", 100)
    assert plane.carrying() == "a"
    plane.lead("b")
    assert plane.carrying() == "b" and routes.have == {100: "vpn-b", 200: "vpn-a"}
    plane.settle({"a": True, "b": True})
    assert routes.have == {100: "vpn-b", 200: "vpn-a"}
    routes.have = {100: "vpn-b"}
    plane.settle({"a": True, "b": True})
    assert routes.have == {100: "vpn-b", 200: "vpn-a"}
    routes.have = {}
    assert plane.carrying() is None
    plane.settle({"a": False, "b": False})
    assert routes.have == {}
    plane.settle({"a": False, "b": True})
    assert routes.have == {100: "vpn-b", 200: "vpn-a"}
    routes.have = {200: "vpn-a"}
    plane.settle({"a": True, "b": True})
    assert routes.have == {100: "vpn-a", 200: "vpn-b"}, "the one that is left carries, and has the place of the one that does"
    plane.lead("b")
    assert routes.have == {100: "vpn-b", 200: "vpn-a"}

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies outside of both clouds: who answers for the zone, what time it is, the third place, and the key that opens hosts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..nhn.keypair import public_key
from .findings import Finding, World, some

CLOCK_SECONDS = 5.0         # a Date header tells whole seconds, and an answer is under way for a while
OLDEST_DEBIAN = 12


def judge(world: World) -> Iterable[Finding]:
    """All of it."""
    yield from _zone(world)
    yield from _clock(world)
    yield from _third(world)
    yield from _key(world)


def plain(name: object) -> str:
    """A DNS name without its final dot, in lower case."""
    return str(name).rstrip(".").lower()


def _zone(world: World) -> Iterator[Finding]:
    if (names := world.aws["names"]) is None:
        return
    zone, answers = world["topology_zone"], world.aws["resolvers"]
    public = [each for each in names["zones"] if not each["private"]]
    delegated = {plain(server) for server in answers["servers"]} if answers else None
    if not public:
        if names["zones"]:
            yield Finding("topology_zone", f"{zone} is a private zone at Route 53, which no user asks", "Make a public one of that name.")
        elif delegated:
            yield Finding("topology_zone", f"{zone} is answered for by {some(delegated)}, and Route 53 has no zone of that name",
                          "Make the zone at Route 53, copy what the old one holds, then have the registrar name Route 53's servers.")
        else:
            yield Finding("topology_zone", f"Route 53 has no zone {zone} yet; site.yml makes it, and nobody finds it before it is delegated",
                          "Make it now and have the registrar name its servers, or do that right after the build.", advice=True)
        return
    if len(public) > 1:
        yield Finding("topology_zone", f"there are {len(public)} public zones called {zone} at Route 53, and nobody knows which one is meant",
                      "Remove those that are not delegated to.")
        return
    own = {plain(server) for server in public[0]["servers"]}
    if delegated is not None and not delegated:
        yield Finding("topology_zone", f"nobody answers for {zone}: it is delegated to no one", f"Have the registrar name {some(own)}.")
    elif delegated and not delegated <= own:
        yield Finding("topology_zone", f"{zone} is delegated to {some(delegated - own)}, and Route 53's servers are {some(own)}",
                      f"Have the registrar name {some(own)}, and nobody else.")


def _clock(world: World) -> Iterator[Finding]:
    for who, answer in (("NHN Cloud", world.nhn["login"]), ("AWS", world.aws["identity"]), ("the third place", world.third)):
        offset = (answer or {}).get("offset_seconds")
        if offset is not None and abs(offset) > CLOCK_SECONDS:
            at = "the third place's clock" if answer is world.third else "this machine's clock"
            side = "ahead of" if offset > 0 else "behind"
            yield Finding(at, f"{who} is {abs(offset):.0f} s {side} this machine; log-ins and certificates are judged by the time",
                          "See that chrony (or another NTP client) runs there and reaches its servers: docs/runbooks/clocks.md.")


def _third(world: World) -> Iterator[Finding]:
    if not world.third:
        return
    if reason := world.third.get("unreachable"):
        yield Finding("third.ansible_host", f"the third place cannot be logged in to: {reason}",
                      "It has to exist before the build: a small Debian 12 host in neither cloud, with the key of ssh_public_key let in and sudo.")
        return
    system, version = str(world.third.get("system")), str(world.third.get("version"))
    if system != "Debian" or not version.isdigit() or int(version) < OLDEST_DEBIAN:
        yield Finding("third.ansible_host", f"the third place runs {system} {version}",
                      f"Its packages are taken from Debian {OLDEST_DEBIAN} or newer.")


def _key(world: World) -> Iterator[Finding]:
    if (line := world["nhn_host_public_key"]) is not None:
        try:
            public_key(str(line))
        except ValueError as error:
            yield Finding("ssh_public_key", str(error), "`ssh-keygen -y -f` prints the public half of a key.")
    if not world.key:
        return
    path = "ssh_private_key_file"
    if not world.key["exists"]:
        yield Finding(path, f"there is no file {world.key['path']}", "`ssh-keygen -t ed25519 -f` makes one, and its public half beside it.")
    elif not world.key["public"]:
        yield Finding(path, f"there is no file {world.key['path']}.pub", "`ssh-keygen -y -f` prints the public half of a key.")
    elif world.key["mode"] & 0o077:
        yield Finding(path, f"{world.key['path']} can be read by others (mode {world.key['mode']:04o}), and ssh does not take it then",
                      "`chmod 600` it.")

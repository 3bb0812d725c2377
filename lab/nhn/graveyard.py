# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deleted servers linger: one more look still finds them, their ports and their addresses. Here is where they finally go."""

from __future__ import annotations

from .store import Store, ripe


def bury_servers(store: Store) -> None:
    """Count one look at every server that is being deleted; forget those looked at often enough, with the ports made for them."""
    for server in [server for server in store.servers.values() if server["_deleting"] and ripe(server)]:
        for port in [port for port in store.ports.values() if port["device_id"] == server["id"]]:
            if port["id"] in server["_own_ports"]:
                for floating in store.floating_ips.values():
                    if floating["port_id"] == port["id"]:
                        floating.update(port_id=None, fixed_ip_address=None, status="DOWN")
                del store.ports[port["id"]]
            else:
                port.update(device_id="", device_owner="", status="DOWN")
        root = server["volume"] or {}
        if root.get("delete_on_termination") and not any(snapshot["volume_id"] == root["id"] for snapshot in store.snapshots.values()):
            store.volumes.pop(root["id"], None)
        for volume in store.volumes.values():
            if any(each["server_id"] == server["id"] for each in volume["attachments"]):
                volume.update(attachments=[], status="available")
        del store.servers[server["id"]]

#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restore a backup into a new instance, with proof."""

from __future__ import annotations

DOCUMENTATION = r"""
module: db_restore
short_description: Make a new database instance of a backup, and prove that it holds it
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Runs on a host of role C(db_backup) and works with the configuration that is there. Restores into new instances only.
  - Every object of the backup is read, checked against its manifest and opened before anything is made of it.
  - An instance that was restored and proven is never touched again, whatever is written to it since. Asking for the same once more tells what
    was found then; asking for another backup under its name is refused. O(state=absent) removes it, unless it is the site's live one by now.
  - What a restore made is known by the id that the cloud gave it, and until a run has heard that by a mark, a tag (AWS) or the description (NHN).
    Whatever else bears its name is somebody else's. An instance that is half loaded is removed and made anew, never the live one; check mode says so.
  - The proof are the row counts and checksums that the manifest holds of every table, taken from one view of the live database.
options:
  instance: {description: Name of the new instance., type: str, required: true}
  backup: {description: "Name of the backup; left out, the newest that this site can restore.", type: str, default: ""}
  way:
    description:
      - V(proof) (at NHN, the default there) makes it of NHN's own backup and the binary logs after it, up to the place the proof is of.
      - V(files) (at NHN) makes it of the sealed copies in S3, as old as the backup itself.
      - V(dump) (at AWS, the default there) loads the dump into an empty instance and needs nothing of NHN.
      - V(time) (at NHN) is taken with O(time).
    type: str
    choices: ["", proof, files, dump, time]
    default: ""
  time:
    description: A moment to go back to, as ISO 8601 with an offset. One that the binary logs do not reach is refused with those they do.
    type: str
    default: ""
  accept_older:
    description: With V(way=files), tables that were written to while the backup was made may differ from the proof.
    type: bool
    default: false
  state:
    description: V(absent) removes an instance that was restored from this host, with all that is in it, and no other.
    type: str
    choices: [present, absent]
    default: present
  config: {description: Configuration of backups on this host., type: path, default: /etc/multicloud-dr/backup.json}
attributes:
  check_mode: {support: full, description: "Says what would be made of which backup, and removed; refuses what would be refused. Reads no backup."}
"""

EXAMPLES = r"""
- name: Have the newest backup back beside the live database
  multicloud.dr.db_restore:
    instance: tickets-again
  register: restored

- name: Have the database as it was at a moment
  multicloud.dr.db_restore:
    instance: tickets-noon
    way: time
    time: "2026-03-01T12:00:00+09:00"

- name: Have a certain backup out of its copies in S3, though NHN's own is gone
  multicloud.dr.db_restore:
    instance: tickets-again
    backup: tickets-nhn-20260301-030000
    way: files
    accept_older: true
    config: /etc/multicloud-dr/backup.json

- name: Remove what was restored
  multicloud.dr.db_restore:
    instance: tickets-noon
    state: absent
"""

RETURN = r"""
restored:
  description:
    - C(instance), C(backup), C(way), C(made), whether this run makes it, and C(removes), the id of the instance of an earlier run that is half loaded
      and goes first, empty where there is none; after a real run also C(host), C(port), C(tables), C(rows), C(equal),
      C(differences), C(seconds), C(proven_at) (seconds since the epoch), C(as_of), the last heartbeat in the data (seconds since the epoch), and
      C(as_text), what of JSON documents only their text brought back.
  type: dict
  returned: with state present
removed:
  description: The id of the instance that was removed, in check mode of the one that would be; empty where there is none.
  type: str
  returned: with state absent
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.backup import parts, restore


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "instance": {"type": "str", "required": True}, "backup": {"type": "str", "default": ""},
            "way": {"type": "str", "choices": ["", "proof", "files", "dump", "time"], "default": ""}, "time": {"type": "str", "default": ""},
            "accept_older": {"type": "bool", "default": False}, "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "config": {"type": "path", "default": parts.CONFIG},
        },
        supports_check_mode=True,
    )
    asked = module.params
    with told_plainly(module):
        mine = parts.load(asked["config"], time.time)
        if asked["state"] == "absent":
            removed = restore.remove(mine, asked["instance"], check=module.check_mode)
            module.exit_json(changed=bool(removed), removed=removed)
        which = {"name": asked["backup"], "way": asked["way"], "time": asked["time"]}
        if module.check_mode:
            found = restore.foreseen(mine, asked["instance"], **which)
        else:
            found = restore.restore(mine, asked["instance"], accept_older=asked["accept_older"], **which)
        module.exit_json(changed=found["made"], restored=found)


if __name__ == "__main__":
    main()

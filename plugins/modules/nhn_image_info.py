#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up images of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_image_info
short_description: Look up images of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Tells the images a server can be made of. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every image unless given.
    type: str
"""

EXAMPLES = r"""
- name: Which images there are
  multicloud.dr.nhn_image_info:
    auth: '{{ nhn_auth }}'
  register: found

- name: The newest Debian
  multicloud.dr.nhn_image_info:
    auth: '{{ nhn_auth }}'
    name: Debian 12 Bookworm
  register: found
"""

RETURN = r"""
resources:
  description: What was found, in order of name; an empty list when nothing fits.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: Its id., type: str, sample: 5a8f}
    name: {description: Its name., type: str, sample: Debian 12 Bookworm (2026.01.20)}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: active}
    min_disk_gb: {description: 'Smallest root volume, in GB.', type: int, sample: 20}
    created_at: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-01-20T02:00:00Z'}
    login_username: {description: Whom to log in as., type: str, sample: debian}
failure:
  description: What C(msg) says, for a machine.
  returned: failure
  type: dict
  contains:
    kind: {description: What kind of failure it is., type: str, sample: Refused}
    doing: {description: What could not be done., type: str, sample: create vpc}
    to: {description: To what., type: str, sample: tickets-vpc}
    left: {description: What is left., type: str, sample: This request changed nothing.}
    next: {description: What to do., type: str, sample: 'Remove one, or ask for more.'}
    answer:
      description: What the service answered, V(null) when it was not asked or did not answer.
      type: dict
      contains:
        who: {description: Who answered., type: str, sample: NHN Cloud}
        status: {description: 'Number of the HTTP status, V(null) when there was none.', type: int, sample: 409}
        code: {description: The service's own code., type: str, sample: OverQuota}
        words: {description: 'Its words, as they are.', type: str, sample: Quota exceeded for resources.}
        request: {description: What to tell its support of this request., type: str, sample: req-1f2e}
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import IMAGES, NAME


def main() -> None:
    """Wiring only."""
    tell(NAME, IMAGES.answer)


if __name__ == "__main__":
    main()

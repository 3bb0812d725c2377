#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up zones of NHN Cloud DNS Plus."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_dns_plus_info
short_description: Look up zones of NHN Cloud DNS Plus
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Tells the zones of the appkey with all their records.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every zone unless given.
    type: str
"""

EXAMPLES = r"""
- name: Which name servers the registrar has to name
  multicloud.dr.nhn_dns_plus_info:
    auth: '{{ nhn_auth }}'
    name: example.com
  register: found
"""

RETURN = r"""
resources:
  description: What was found, in order of name.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: Its id., type: str, sample: bff20a9a-24cf-4670-8b34-007622ec010e}
    name: {description: 'Its name, in full.', type: str, sample: example.com.}
    description: {description: The note., type: str, sample: ''}
    status: {description: Its status., type: str, sample: USE}
    name_servers: {description: Who answers for it; what its registrar has to name., type: list, elements: str, sample: [ns.toastdns-jin.com.]}
    records:
      description: All record sets in it but its own SOA and NS.
      type: list
      elements: dict
      contains:
        name: {description: 'Its name, in full.', type: str, sample: tickets.example.com.}
        type: {description: Its type., type: str, sample: CNAME}
        ttl_seconds: {description: 'How long resolvers may keep it, in seconds.', type: int, sample: 10}
        values: {description: 'Its values, those that are disabled left out.', type: list, elements: str, sample: [rgpac3e7q9onlipdfg.toastgslb.com.]}
failure:
  description: What C(msg) says, for a machine.
  returned: failure
  type: dict
  contains:
    kind: {description: What kind of failure it is., type: str, sample: Refused}
    doing: {description: What could not be done., type: str, sample: create zone}
    to: {description: To what., type: str, sample: example.com.}
    left: {description: What is left., type: str, sample: This request changed nothing.}
    next: {description: What to do., type: str, sample: 'Remove one, or ask for more.'}
    answer:
      description: What the service answered, V(null) when it was not asked or did not answer.
      type: dict
      contains:
        who: {description: Who answered., type: str, sample: NHN Cloud}
        status: {description: 'Number of the HTTP status, V(null) when there was none.', type: int, sample: 200}
        code: {description: The service's own code., type: str, sample: '4010001'}
        words: {description: 'Its words, as they are.', type: str, sample: Invalid appKey.}
        request: {description: What to tell its support of this request., type: str, sample: req-1f2e}
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.dns_plus import names
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.dns_plus_zone import zones
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME


def main() -> None:
    """Wiring only."""
    tell(NAME, zones, names)


if __name__ == "__main__":
    main()

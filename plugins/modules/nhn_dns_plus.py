#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a zone of NHN Cloud DNS Plus and records in it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_dns_plus
short_description: Make, change or remove a zone of NHN Cloud DNS Plus and records in it
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a zone by name and, of what is in it, the record sets of O(records). Others are neither touched nor told.
  - The service takes the same name up to three times, once for each of its DNS servers; when there are several, the one that is meant is named by id.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the zone, with or without the final dot, or its id.
    type: str
    required: true
  description:
    description: A note.
    type: str
  records:
    description:
      - Record sets that the zone holds, or does not hold.
      - With O(state=absent) those that may go with the zone.
    type: list
    elements: dict
    suboptions:
      name:
        description: Its name in full, that of the zone or one below it; the final dot may be left out.
        type: str
        required: true
      type:
        description: Its type. SOA, and NS of the zone's own name, are the service's.
        type: str
        required: true
        choices: [A, AAAA, CAA, CNAME, MX, NAPTR, NS, PTR, SRV, TXT]
      ttl_seconds:
        description: How long resolvers may keep it, in seconds, 10 at least.
        type: int
        default: 300
      values:
        description: Its whole set of values, as in a zone file; quotation marks around a text may be left out.
        type: list
        elements: str
        default: []
      state:
        description: Whether it should be there.
        type: str
        choices: [present, absent]
        default: present
  wait_seconds:
    description: How long to wait until a zone is served, or gone, in seconds.
    type: int
    default: 300
notes:
  - The service is asked by an appkey, O(auth.dns_plus_appkey) or the project's integrated one in O(auth.appkey).
  - A zone is removed by the service with all that is in it. This module removes none that holds record sets which O(records) does not name.
  - A zone that is made anew may have other name servers.
"""

EXAMPLES = r"""
- name: Lead a name to a GSLB
  multicloud.dr.nhn_dns_plus:
    auth: '{{ nhn_auth }}'
    name: example.com
    description: tickets
    wait_seconds: 600
    records:
      - name: tickets.example.com
        type: CNAME
        ttl_seconds: 10
        values: ['{{ gslb.resource.domain }}']
      - name: old.example.com
        type: A
        state: absent

- name: Remove the zone with that record, unless it holds others
  multicloud.dr.nhn_dns_plus:
    auth: '{{ nhn_auth }}'
    name: example.com
    records:
      - name: tickets.example.com
        type: CNAME
    state: absent
"""

RETURN = r"""
resource:
  description: The zone as it is now; in check mode as it would be.
  returned: success
  type: dict
  contains:
    id: {description: Its id., type: str, sample: bff20a9a-24cf-4670-8b34-007622ec010e}
    name: {description: 'Its name, in full.', type: str, sample: example.com.}
    description: {description: The note., type: str, sample: ''}
    status: {description: Its status., type: str, sample: USE}
    name_servers: {description: Who answers for it; what its registrar has to name., type: list, elements: str, sample: [ns.toastdns-jin.com.]}
    records:
      description: Those of O(records) that are there.
      type: list
      elements: dict
      contains:
        name: {description: 'Its name, in full.', type: str, sample: tickets.example.com.}
        type: {description: Its type., type: str, sample: CNAME}
        ttl_seconds: {description: 'How long resolvers may keep it, in seconds.', type: int, sample: 10}
        values: {description: 'Its values, those that are disabled left out.', type: list, elements: str, sample: [rgpac3e7q9onlipdfg.toastgslb.com.]}
    others: {description: Number of record sets in it that were not named., type: int, sample: 0}
action: {description: 'What was done, or would be: V(none), V(create), V(update) or V(delete).', returned: success, type: str, sample: create}
diff:
  description: What differs, or would. Secrets are hidden.
  returned: success
  type: dict
  contains:
    before: {description: 'The resource as it was, with what RV(resource) holds; empty when there was none.', type: dict, sample: {}}
    after:
      description: The resource as it was to be, with what RV(resource) holds; empty when there was to be none.
      type: dict
      sample: {name: example.com.}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.dns_plus_zone import Zone
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run


def main() -> None:
    """Wiring only."""
    run(Zone, names)


if __name__ == "__main__":
    main()

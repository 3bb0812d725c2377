#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what NHN Cloud measures of an RDS instance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_rds_metric_info
short_description: Read what NHN Cloud measures of an RDS instance
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Tells the latest values of what the service measures of an instance. Nothing is ever changed.
  - Which measures there are is not documented; the service lists them, and one that it does not list is refused with those that it does.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  instance:
    description: Name or id of the instance.
    type: str
    required: true
  measures:
    description: Which measures; every one unless given.
    type: list
    elements: str
  minutes:
    description: How far back, in minutes.
    type: int
    default: 15
  interval_minutes:
    description: How far apart the values are, in minutes.
    type: int
    default: 1
"""

EXAMPLES = r"""
- name: Whether the service finds the database alive
  multicloud.dr.nhn_rds_metric_info:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    measures:
      - MYSQL_STATUS
  register: measured

- name: How busy it was in the last day, hour by hour
  multicloud.dr.nhn_rds_metric_info:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    measures:
      - CPU_USAGE
    minutes: 1440
    interval_minutes: 60
  register: measured
"""

RETURN = r"""
metrics:
  description: Each measure with its values, oldest first; RV(metrics[].last) is null when there is none yet.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Name of the measure., type: str, sample: MYSQL_STATUS}
    unit: {description: 'The service''s word for the unit of its values, V(%) for percent; empty for numbers of things.', type: str, sample: ''}
    values:
      description: Its values, oldest first.
      type: list
      elements: dict
      contains:
        time: {description: When it was taken., type: str, sample: '2026-03-01T09:00:00.000+00:00'}
        value: {description: 'What was measured, in RV(metrics[].unit).', type: float, sample: 1.0}
    last: {description: 'The newest value, in RV(metrics[].unit); V(null) when there is none yet.', type: float, sample: 1.0}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import databases, tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_lookup import METRIC_OPTIONS, metrics


def main() -> None:
    """Wiring only."""
    tell(METRIC_OPTIONS, metrics, databases)


if __name__ == "__main__":
    main()

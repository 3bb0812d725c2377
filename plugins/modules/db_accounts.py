#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MySQL accounts with the authorities NHN Cloud knows, where no provider's API makes them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: db_accounts
short_description: MySQL accounts with the authorities NHN Cloud knows, made by SQL
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Amazon RDS has no API for database users; its master user makes them. This makes accounts that mean the same on both sites.
  - A password is compared by logging in with it from the host the module runs on, so that host must be one the account may come from.
  - Privileges an account holds beyond the wanted ones are revoked. Accounts that are not named are not touched.
requirements: [PyMySQL >= 1.0.2, MySQL >= 8.0]
options:
  login:
    description: The server, and an account there that may create accounts and grant what they get.
    type: dict
    required: true
    suboptions:
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
  accounts:
    description: Accounts that must be there.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: User name., type: str, required: true}
      password: {description: Password., type: str, required: true}
      host: {description: Where it may come from., type: str, default: "%"}
      authority:
        description:
          - V(READ) reads and may be used for replication, V(CRUD) changes rows besides, V(DDL) changes definitions besides.
        type: str
        choices: [READ, CRUD, DDL]
        required: true
      schemas:
        description: What the authority is held to. Empty means every schema and the server-wide privileges of the authority.
        type: list
        elements: str
        default: []
      read_schemas: {description: Schemas it may read besides., type: list, elements: str, default: []}
attributes:
  check_mode: {support: full, description: Looks and says what is left to do.}
  diff_mode: {support: full, description: Shows what is done to each account; never a password.}
"""

EXAMPLES = r"""
- name: The same accounts on AWS as on NHN Cloud
  multicloud.dr.db_accounts:
    login: {host: 10.0.10.50, port: 3306, user: admin, password: "{{ admin_password }}"}
    accounts:
      - {name: app, password: "{{ app_password }}", authority: CRUD, schemas: [tickets], read_schemas: [dr]}
      - {name: dr_agent, password: "{{ agent_password }}", authority: DDL}
      - {name: dr_repl, password: "{{ replication_password }}", authority: READ, host: 192.168.%}
"""

RETURN = r"""
accounts:
  description: For each account its C(name), C(host) and C(steps), what was or would be done, in words.
  type: list
  elements: dict
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import accounts
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server

TEXT: dict[str, Any] = {"type": "str", "required": True}
SECRET: dict[str, Any] = {**TEXT, "no_log": True}
NAMES: dict[str, Any] = {"type": "list", "elements": "str", "default": []}


def run(given: dict[str, Any], check: bool) -> dict[str, Any]:
    """Look, do what is left (unless `check`), and the module's answer. Raises Fault."""
    server = Server(**given["login"])
    wanted = [accounts.Account(
        each["name"], each["password"], each["authority"], each["host"], tuple(each["schemas"]), tuple(each["read_schemas"]))
        for each in given["accounts"]]
    with server.connected() as conn:
        found = accounts.plans(conn, server, wanted)
        if not check:
            for account, steps in found:
                accounts.apply(conn, steps, account)
    told = [{"name": account.name, "host": account.host, "steps": [words for words, _statement in steps]} for account, steps in found]
    left = {f"{each['name']}@{each['host']}": each["steps"] for each in told if each["steps"]}
    return {"changed": bool(left), "accounts": told, "diff": {"before": {name: [] for name in left}, "after": left}}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "login": {"type": "dict", "required": True, "options": {
                "host": TEXT, "port": {"type": "int", "default": 3306}, "user": TEXT, "password": SECRET}},
            "accounts": {"type": "list", "elements": "dict", "required": True, "options": {
                "name": TEXT, "password": SECRET, "host": {"type": "str", "default": "%"},
                "authority": {"type": "str", "choices": list(accounts.AUTHORITIES), "required": True},
                "schemas": NAMES, "read_schemas": NAMES}},
        }, supports_check_mode=True)
    with told_plainly(module):
        module.exit_json(**run(module.params, module.check_mode))


if __name__ == "__main__":
    main()

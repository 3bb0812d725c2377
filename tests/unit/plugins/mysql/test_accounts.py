# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left to do for an account."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.accounts import Account, plan

APP = Account("app", "secret", "CRUD", schemas=("tickets",), read_schemas=("dr",))


def words(account, held, fits=True):
    return [text for text, _statement in plan(account, held, fits)]


def test_a_new_account_gets_its_password_and_its_privileges():
    steps = plan(APP, None, False)
    assert [text.split()[0] for text, _ in steps] == ["create", "grant", "grant"]
    assert steps[0][1].values == ("app", "%", "secret")
    assert "secret" not in repr([text for text, _ in steps]) + "".join(statement.sql for _, statement in steps)


def test_nothing_is_left_for_an_account_that_is_right():
    assert words(APP, APP.privileges()) == []


def test_a_changed_password_is_all_that_changes():
    assert words(APP, APP.privileges(), fits=False) == ["change the password"]


def test_more_than_wanted_is_taken_away():
    held = {**APP.privileges(), "": frozenset({"PROCESS"}), "tickets": APP.privileges()["tickets"] | {"DROP"}}
    assert words(APP, held) == ["revoke PROCESS on *.*", "revoke DROP on `tickets`.*"]


def test_an_authority_held_to_schemas_has_no_server_wide_privileges():
    assert not {"PROCESS", "REPLICATION SLAVE"} & APP.privileges()["tickets"]
    assert {"PROCESS", "REPLICATION SLAVE"} <= Account("dr_repl", "x", "READ").privileges()[""]

# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A logical backup as text: values that survive it, statements found again, a cut noticed."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup.dump import DELIMITER, END, _literal, _nobodys, load, statements
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault


@pytest.mark.parametrize(("value", "text"), [
    (None, "NULL"), (b"", "''"), (b"\x00\xff", "X'00ff'"), ("", "''"), ("it's", r"'it\'s'"), ("a\\n\n\r\0\x1a", r"'a\\n\n\r\0\Z'"), (7, "'7'"),
])
def test_a_value_is_written_so_that_nothing_is_lost_and_no_line_ends(value: object, text: str) -> None:
    assert _literal(value) == text and "\n" not in _literal(value)


def test_statements_come_back_whole_whatever_the_blocks() -> None:
    text = (f"-- a logical backup\nDELIMITER {DELIMITER}\nSET x {DELIMITER}\nCREATE TRIGGER t BEGIN\n-- not a comment of ours;\n\nEND {DELIMITER}\n"
            f"INSERT ('{DELIMITER} -- 표') {DELIMITER}\n{END}\n").encode()
    whole = ["SET x", "CREATE TRIGGER t BEGIN\n-- not a comment of ours;\n\nEND", f"INSERT ('{DELIMITER} -- 표')", END.removesuffix(f" {DELIMITER}")]
    for size in (1, 7, 4096):
        assert list(statements(text[at:at + size] for at in range(0, len(text), size))) == whole
    with pytest.raises(Fault, match="inside a statement"):
        list(statements([text[:60]]))


def test_a_view_or_trigger_comes_to_belong_to_whoever_loads_it() -> None:
    assert _nobodys("CREATE DEFINER=`a``b`@`%` TRIGGER `t` SET x = 'DEFINER=`u`@`h`'") == "CREATE TRIGGER `t` SET x = 'DEFINER=`u`@`h`'"
    view = "CREATE ALGORITHM=UNDEFINED DEFINER=`u`@`%` SQL SECURITY DEFINER VIEW v"
    assert _nobodys(view) == view.replace("DEFINER=`u`@`%` ", "")


class Server:
    """Takes statements."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def cursor(self) -> Server:
        return self

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, sql: str, _values: object) -> int:
        self.ran.append(sql)
        return 0

    def nextset(self) -> bool:
        return False


def test_a_dump_that_ends_early_is_no_backup_even_between_statements() -> None:
    whole = f"DELIMITER {DELIMITER}\nSET a {DELIMITER}\nSET b {DELIMITER}\n{END}\n".encode()
    server = Server()
    assert load(server, [whole]) == 2 and server.ran == ["SET a", "SET b"]
    with pytest.raises(Fault, match="breaks off after 1 statements"):
        load(Server(), [whole[:whole.index(b"SET b")]])

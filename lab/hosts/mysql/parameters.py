# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A parameter group as mysqld flags. What mysqld cannot take, or the lab does not know, is refused by name instead of dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping

BUFFER_POOL_LIMIT = 128 * 1024 * 1024    # many servers share the lab's machine; real groups ask for gigabytes or give a formula

# Variables an operator can set in the parameter groups of both services and that mysqld takes as a flag of the same name.
_NAMES = """
autocommit back_log binlog_cache_size binlog_expire_logs_seconds binlog_format binlog_group_commit_sync_delay binlog_row_image
binlog_row_metadata binlog_transaction_dependency_history_size character_set_server collation_server connect_timeout
default_time_zone enforce_gtid_consistency event_scheduler explicit_defaults_for_timestamp general_log group_concat_max_len gtid_mode
init_connect innodb_autoinc_lock_mode innodb_buffer_pool_size innodb_deadlock_detect innodb_flush_log_at_trx_commit
innodb_io_capacity innodb_lock_wait_timeout innodb_native_foreign_keys innodb_print_all_deadlocks innodb_redo_log_capacity innodb_strict_mode
interactive_timeout local_infile lock_wait_timeout log_bin_trust_function_creators log_output log_queries_not_using_indexes
long_query_time max_allowed_packet max_connect_errors max_connections max_execution_time net_read_timeout net_write_timeout
performance_schema read_only replica_net_timeout replica_parallel_workers replica_preserve_commit_order replicate_ignore_db
replicate_ignore_table replicate_wild_ignore_table require_secure_transport server_id skip_name_resolve slow_query_log sort_buffer_size
sql_mode sql_require_primary_key sync_binlog table_open_cache tmp_table_size transaction_isolation wait_timeout
"""
KNOWN = frozenset(_NAMES.split())

RENAMED = {"time_zone": "default_time_zone", "tx_isolation": "transaction_isolation"}


class UnknownParameter(ValueError):
    """A parameter group names variables the lab's servers do not know."""


def flags(parameters: Mapping[str, object]) -> dict[str, str]:
    """Parameter group values by mysqld variable name, normalised (`gtid-mode` and `gtid_mode` are one).

    The buffer pool is capped at BUFFER_POOL_LIMIT. Raises UnknownParameter with every unknown name at once.
    """
    given = {_name(name): str(value).strip() for name, value in parameters.items() if value is not None and str(value).strip() != ""}
    if unknown := sorted(set(given) - KNOWN):
        raise UnknownParameter(f"mysqld of the lab does not know: {', '.join(unknown)}. Known: lab/hosts/mysql/parameters.py.")
    if "innodb_buffer_pool_size" in given:
        given["innodb_buffer_pool_size"] = str(min(_bytes(given["innodb_buffer_pool_size"]), BUFFER_POOL_LIMIT))
    return given


def _name(name: str) -> str:
    name = name.strip().lower().replace("-", "_")
    return RENAMED.get(name, name)


def _bytes(value: str) -> int:
    """A size in bytes; a formula over the instance's memory (both services have them) counts as "as much as there is"."""
    if match := re.fullmatch(r"(\d+)([kmg]?)", value.lower()):
        return int(match[1]) * {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}[match[2]]
    return BUFFER_POOL_LIMIT

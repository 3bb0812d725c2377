# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Database parameter groups that know the engine's parameters: moto lists only those somebody set, so nothing unset could be set.

The table has what MySQL 8.0 and 8.4 families of RDS have in common and people touch; a parameter not in it is refused, as AWS refuses it.
What was set to be applied by a reboot waits for one, and DescribeDBInstances says so (ModifyDBParameterGroup and DBParameterGroupStatus in the API
Reference); `rds` keeps when an instance began. The lab's MySQL servers take parameters when they are made, and are not started again by a reboot.
"""

from __future__ import annotations

import time
from typing import Any

from moto.core.responses import ActionResult, PaginatedResult
from moto.rds.exceptions import DBParameterGroupNotFoundError, InvalidParameterValue, RDSClientError
from moto.rds.models import DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from lab.aws.extend import graft

# name: (data type, engine default or "" for none, can change without a restart)
_MYSQL: dict[str, tuple[str, str, bool]] = {
    "autocommit": ("boolean", "1", True),
    "binlog_cache_size": ("integer", "32768", True),
    "binlog_expire_logs_seconds": ("integer", "", True),
    "binlog_format": ("string", "MIXED", True),
    "binlog_group_commit_sync_delay": ("integer", "", True),
    "binlog_order_commits": ("boolean", "", True),
    "binlog_row_image": ("string", "full", True),
    "binlog_row_metadata": ("string", "", True),
    "character_set_client": ("string", "", True),
    "character_set_connection": ("string", "", True),
    "character_set_database": ("string", "", True),
    "character_set_results": ("string", "", True),
    "character_set_server": ("string", "", True),
    "collation_connection": ("string", "", True),
    "collation_server": ("string", "", True),
    "connect_timeout": ("integer", "", True),
    "default_time_zone": ("string", "", False),
    "enforce_gtid_consistency": ("string", "OFF", False),
    "event_scheduler": ("string", "ON", True),
    "explicit_defaults_for_timestamp": ("boolean", "1", True),
    "general_log": ("boolean", "", True),
    "gtid-mode": ("string", "OFF_PERMISSIVE", False),
    "innodb_buffer_pool_size": ("integer", "{DBInstanceClassMemory*3/4}", True),
    "innodb_flush_log_at_trx_commit": ("integer", "1", True),
    "innodb_lock_wait_timeout": ("integer", "", True),
    "innodb_print_all_deadlocks": ("boolean", "", True),
    "interactive_timeout": ("integer", "", True),
    "local_infile": ("boolean", "1", True),
    "lock_wait_timeout": ("integer", "", True),
    "log_bin_trust_function_creators": ("boolean", "", True),
    "log_output": ("string", "FILE", True),
    "long_query_time": ("float", "", True),
    "lower_case_table_names": ("integer", "", False),
    "max_allowed_packet": ("integer", "", True),
    "max_connections": ("integer", "{DBInstanceClassMemory/12582880}", True),
    "max_execution_time": ("integer", "", True),
    "net_read_timeout": ("integer", "", True),
    "net_write_timeout": ("integer", "", True),
    "performance_schema": ("boolean", "0", False),
    "read_only": ("string", "{TrueIfReplica}", True),
    "replica_net_timeout": ("integer", "", True),
    "replica_parallel_workers": ("integer", "", True),
    "replica_preserve_commit_order": ("boolean", "", True),
    "replica_transaction_retries": ("integer", "", True),
    "replicate-do-db": ("string", "", False),
    "replicate-do-table": ("string", "", False),
    "replicate-ignore-db": ("string", "", False),
    "replicate-ignore-table": ("string", "", False),
    "replicate-wild-do-table": ("string", "", False),
    "replicate-wild-ignore-table": ("string", "", False),
    "require_secure_transport": ("boolean", "", True),
    "slow_query_log": ("boolean", "", True),
    "sql_mode": ("string", "", True),
    "sync_binlog": ("integer", "1", True),
    "time_zone": ("string", "", True),
    "tls_version": ("string", "", False),
    "transaction_isolation": ("string", "", True),
    "wait_timeout": ("integer", "", True),
}


def listed(chosen: dict[str, dict[str, Any]], source: str | None) -> list[dict[str, Any]]:
    """Every parameter as DescribeDBParameters lists it. chosen: what was set; source: "user" or "engine-default" to list only those."""
    found = []
    for name, (kind, default, dynamic) in _MYSQL.items():
        own = chosen.get(name)
        value = own["ParameterValue"] if own else default
        found.append({
            "ParameterName": name, "DataType": kind, "IsModifiable": True, "ApplyType": "dynamic" if dynamic else "static",
            "ApplyMethod": own.get("ApplyMethod", "pending-reboot") if own else "pending-reboot",
            "Source": "user" if own else "engine-default", **({"ParameterValue": value} if value else {})})
    return [parameter for parameter in found if source in (None, parameter["Source"])]


class _Group:
    def update_parameters(self: Any, new_parameters: list[dict[str, Any]]) -> None:
        for parameter in new_parameters:
            known = _MYSQL.get(parameter["ParameterName"])
            if known is None:
                raise InvalidParameterValue(f"Could not find parameter with name: {parameter['ParameterName']}")
            if parameter.get("ApplyMethod") == "immediate" and not known[2]:
                raise InvalidParameterValue("cannot use immediate apply method for static parameter")
            if parameter.get("ApplyMethod") != "immediate" \
                    and parameter.get("ParameterValue") != self.parameters[parameter["ParameterName"]].get("ParameterValue", known[1]):
                self.waits_since = time.monotonic()
            self.parameters[parameter["ParameterName"]].update(parameter)


_moto_delete = RDSBackend.delete_db_parameter_group


class _Backend:
    def delete_db_parameter_group(self: Any, db_parameter_group_name: str) -> DBParameterGroup:
        if any(database.db_parameter_group_name == db_parameter_group_name for database in list(self.databases.values())):
            raise RDSClientError("InvalidDBParameterGroupState", "One or more database instances are still members of this parameter group "
                                 f"{db_parameter_group_name}, so the group cannot be deleted")
        return _moto_delete(self, db_parameter_group_name)


class _Actions:
    def describe_db_parameter_groups(self: Any) -> ActionResult:
        groups = self.backend.describe_db_parameter_groups(self.params)
        if self.params.get("DBParameterGroupName") and not groups:
            raise DBParameterGroupNotFoundError(self.params["DBParameterGroupName"])
        return PaginatedResult({"DBParameterGroups": groups})

    def describe_db_parameters(self: Any) -> ActionResult:
        name = self.params["DBParameterGroupName"]
        groups = self.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
        if not groups:
            raise DBParameterGroupNotFoundError(name)
        return PaginatedResult({"Parameters": listed(dict(groups[0].parameters), self.params.get("Source"))})


def install() -> None:
    """Put the engine's parameters in place."""
    graft(DBParameterGroup, _Group)
    graft(RDSBackend, _Backend)
    graft(RDSResponse, _Actions)

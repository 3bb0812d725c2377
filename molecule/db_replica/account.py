# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts for every ticket of argv[1]: in the database that stdin describes ("there"), or in a salvage report of argv[2]. Prints the figures."""

import json
import sys
from pathlib import Path

import pymysql

told = set(Path(sys.argv[1]).read_text(encoding="utf-8").split())
with pymysql.connect(**json.load(sys.stdin), ssl={"verify_mode": None}) as conn, conn.cursor() as cursor:
    cursor.execute("SELECT ticket FROM tickets.sold")
    there = {row[0] for row in cursor.fetchall()}
reported = json.loads(sys.argv[2])
print(json.dumps({"told": len(told), "missing": len(told - there), "lost": len(told - there - set(reported))}))

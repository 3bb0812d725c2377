# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sells tickets one by one until the file argv[2] appears, through the connection that stdin describes, and writes every ticket that was
acknowledged to argv[1]. A refusal or a lost connection is tried again with another ticket. Runs on the management host."""

import json
import sys
import time
import uuid
from pathlib import Path

import pymysql

sold, stop, login = Path(sys.argv[1]), Path(sys.argv[2]), json.load(sys.stdin)
conn, end = None, time.monotonic() + 420
with sold.open("a", encoding="utf-8") as out:
    while not stop.exists() and time.monotonic() < end:
        ticket = str(uuid.uuid4())
        try:
            if conn is None:
                conn = pymysql.connect(**login, autocommit=True, ssl={"verify_mode": None}, connect_timeout=2, read_timeout=5)
                with conn.cursor() as cursor:
                    cursor.execute("CREATE TABLE IF NOT EXISTS tickets.sold (id BIGINT AUTO_INCREMENT PRIMARY KEY, ticket CHAR(36) NOT NULL UNIQUE, "
                                   "at DATETIME(6) NOT NULL)")
            with conn.cursor() as cursor:
                cursor.execute("INSERT INTO tickets.sold (ticket, at) VALUES (%s, NOW(6))", (ticket,))
            out.write(ticket + "\n")
            out.flush()
            time.sleep(0.02)
        except (pymysql.MySQLError, OSError):
            conn = None
            time.sleep(0.2)

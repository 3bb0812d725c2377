# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows for the story: argv[1] tickets more, through the connection that stdin describes. Runs on the management host."""

import json
import sys

import pymysql

with pymysql.connect(**json.load(sys.stdin), autocommit=True, ssl={"verify_mode": None}) as conn, conn.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS tickets.sold (id INT AUTO_INCREMENT PRIMARY KEY, seat VARCHAR(20), buyer VARCHAR(80), at DATETIME(6))")
    cursor.executemany("INSERT INTO tickets.sold (seat, buyer, at) VALUES (%s, %s, NOW(6))",
                       [(f"{number % 40}-{number}", f"구매자 {number}") for number in range(int(sys.argv[1]))])

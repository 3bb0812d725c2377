# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Says each statement of argv[1:] to the database that stdin describes, and prints what it answered: a list of {"rows": [...]} or
{"error": [code, words]}. Runs on the host of the database's own site: nothing else may reach a database."""

import json
import sys

import pymysql

answers = []
login = json.load(sys.stdin)
with pymysql.connect(**login, autocommit=True, ssl={"verify_mode": None}, connect_timeout=5, read_timeout=10) as conn, conn.cursor() as cursor:
    for statement in sys.argv[1:]:
        try:
            cursor.execute(statement)
            answers.append({"rows": cursor.fetchall()})
        except pymysql.MySQLError as error:
            answers.append({"error": error.args})
print(json.dumps(answers, default=str))

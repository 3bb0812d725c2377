# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs inside a container of its own, beside a real HAProxy that was told where the marker lies: a bucket that says what it is told to say.

Nobody writes, so everything else waits. Prints what happened as JSON. The standard library only: nothing of the project is in that container.
"""

import http.client
import http.server
import json
import subprocess
import threading
import time

BUCKET, PUBLIC, PATIENCE = ("127.0.0.3", 9000), 80, 20.0
says = [403]
heard = []


class Bucket(http.server.BaseHTTPRequestHandler):
    """Answers with the status it is told, and remembers what it was asked."""

    def do_GET(self):
        heard.append({"path": self.path, "headers": sorted(name.lower() for name in self.headers), "host": self.headers["Host"]})
        if says[0] == 0:
            time.sleep(4)
            return
        body = b'{"epoch": 7, "site": "aws"}'
        self.send_response(says[0])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def ask(path="/taken-over", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", PUBLIC, timeout=PATIENCE)
    connection.request("GET", path, headers={"Host": "tickets.test", **headers})
    began, answer = time.monotonic(), connection.getresponse()
    return {"status": answer.status, "text": answer.read().decode(), "kept": answer.headers.get("Cache-Control"), "seconds": time.monotonic() - began}


def main():
    server = http.server.ThreadingHTTPServer(BUCKET, Bucket)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    haproxy = subprocess.Popen(["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"])
    try:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if ask("/edgez")["status"] == 200:
                    break
            except OSError:
                time.sleep(0.02)
        told = {}
        for status in (403, 404, 200, 500, 301, 0):
            says[0] = status
            told[status] = ask(Authorization="Basic x", Cookie="session=1", **{"If-None-Match": "*", "Range": "bytes=0-1"})
        server.shutdown()
        server.server_close()
        told["away"] = ask()
        print(json.dumps({"told": told, "heard": heard}))
    finally:
        haproxy.kill()


main()

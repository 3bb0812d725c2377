# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal counts what would change state, before the client hears of it, and leaves the body to the application."""

from __future__ import annotations

import io

import pytest

from lab.journal import RequestJournal, body_of, count_writes, entries


def request(method="POST", path="/v2.0/vpcs", body=b""):
    return {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}


def classify(environ):
    return (body_of(environ).decode() or "look", environ["REQUEST_METHOD"] != "GET")


class App:
    """Answers 201 with the body it read, and remembers how many journal lines there were when it had started answering."""

    def __init__(self, path):
        self.path = path

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        start_response("201 Created", [])
        self.lines_when_answered = len(list(entries(self.path)))
        return [body]


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "requests" / "cloud.jsonl"
    clock = iter([10.0, 11.0, 12.0]).__next__
    return RequestJournal(App(path), path, classify, clock)


def answer(status, headers, exc_info=None):
    return None


def test_a_key_in_a_path_is_not_kept(journal):
    list(journal(request("GET", "/registry/ncr/v2.0/appkeys/s3cr3tk3y/registries/7"), answer))
    assert [line["path"] for line in entries(journal.path)] == ["/registry/ncr/v2.0/appkeys/***/registries/7"]


def test_a_line_has_the_agreed_shape_and_is_there_before_the_answer(journal):
    assert list(journal(request(body=b"create vpc"), answer)) == [b"create vpc"]
    assert list(entries(journal.path)) == [
        {"time": 10.0, "method": "POST", "path": "/v2.0/vpcs", "action": "create vpc", "write": True, "status": 201}]
    assert journal.app.lines_when_answered == 1


def test_only_writes_since_the_moment_are_counted(journal):
    journal(request(), answer)
    journal(request("GET"), answer)
    journal(request("DELETE"), answer)
    assert count_writes(journal.path) == 2
    assert count_writes(journal.path, since=10.5) == 1
    assert count_writes(journal.path, since=12.5) == 0


def test_the_labs_own_requests_are_not_recorded(journal):
    journal(request(path="/_lab/observed"), answer)
    assert not journal.path.exists()


def test_an_application_that_raises_is_recorded_as_500(journal):
    def broken(environ, start_response):
        raise ValueError("no such thing")

    journal.app = broken
    with pytest.raises(ValueError, match="no such thing"):
        journal(request(), answer)
    assert [line["status"] for line in entries(journal.path)] == [500]


def test_no_journal_yet_means_no_writes(tmp_path):
    assert count_writes(tmp_path / "missing.jsonl") == 0

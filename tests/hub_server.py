"""A small Hub for tests: answers what the real client asks when it makes, fills, lists and reads a model repository."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class HubServer(ThreadingHTTPServer):
    """A Hub on a free local port, running in a thread from `with` to the end of the block.

    Attributes:
        repos: repository id to its files.
        calls: "METHOD /path" of every request, in order.
        token: what a client has to send in order to write; None lets everybody. Uploads go to addresses that only
            who was allowed has been told, as on the Hub, and need none.
    """

    daemon_threads = True

    def __init__(self, token: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repos: dict[str, dict[str, bytes]] = {}
        self.calls: list[str] = []
        self.token = token
        self.blobs: dict[str, bytes] = {}
        self._failures: list[tuple[str, int]] = []
        self._breaks: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fail(self, part: str, status: int, times: int = 1) -> None:
        """Answer the next `times` requests whose path contains `part` with an error."""
        self._failures += [(part, status)] * times

    def break_off(self, part: str, times: int = 1) -> None:
        """Close the connection of the next `times` requests, half of their body read, whose "METHOD /path" contains
        `part`."""
        self._breaks += [part] * times

    def next_break(self, call: str) -> bool:
        for index, part in enumerate(self._breaks):
            if part in call:
                del self._breaks[index]
                return True
        return False

    def next_failure(self, path: str) -> int | None:
        for index, (part, status) in enumerate(self._failures):
            if part in path:
                del self._failures[index]
                return status
        return None

    def commit(self, repo: str) -> str:
        """A 40-digit id that changes with the repository's content."""
        digest = hashlib.sha1(repo.encode())
        for name, data in sorted(self.repos[repo].items()):
            digest.update(name.encode() + data)
        return digest.hexdigest()

    def environment(self, home: Path) -> dict[str, str]:
        """What the client's process needs in its environment: this server, and `home` to keep its files in."""
        values = {"HF_ENDPOINT": self.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
        values |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        return values | ({"HF_TOKEN": self.token} if self.token else {})

    def __enter__(self) -> HubServer:
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: requests are kept in `calls`."""

    def _answer(self, method: str) -> None:
        path = unquote(urlsplit(self.path).path)
        length = int(self.headers.get("Content-Length") or 0)
        call = f"{method} {path}"
        self.server.calls.append(call)
        if self.server.next_break(call):
            self.rfile.read(length // 2)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = self.rfile.read(length)
        failure = self.server.next_failure(path)
        if failure is not None:
            self._send(failure, {"error": "as the test wants it"})
        elif method == "POST" and not self._allowed():
            self._send(401, {"error": "Invalid username or password."})
        else:
            for verb, pattern, action in _ROUTES:
                match = re.fullmatch(pattern, path)
                if match and method in verb.split():
                    action(self, body, **match.groupdict())
                    return
            self._send(404, {"error": "not found"})

    def _allowed(self) -> bool:
        return self.server.token is None or self.headers.get("Authorization") == f"Bearer {self.server.token}"

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _whoami(self, body: bytes) -> None:
        self._send(200, {"type": "user", "name": "tester", "orgs": [], "auth": {}})

    def _create(self, body: bytes) -> None:
        wish = json.loads(body)
        repo = f"{wish.get('organization') or 'tester'}/{wish['name']}"
        status = 409 if repo in self.server.repos else 200
        self.server.repos.setdefault(repo, {})
        self._send(status, {"url": f"{self.server.url}/{repo}", "id": repo})

    def _validate(self, body: bytes) -> None:
        self._send(200, {"errors": [], "warnings": []})

    def _preupload(self, body: bytes, repo: str) -> None:
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith((".safetensors", ".pth")) else "regular",
                "shouldIgnore": False,
            }
            for file in json.loads(body)["files"]
        ]
        self._send(200, {"files": files})

    def _batch(self, body: bytes, repo: str) -> None:
        objects = [
            {
                **wish,
                "actions": {
                    "upload": {"href": f"{self.server.url}/lfs/{wish['oid']}"},
                    "verify": {"href": f"{self.server.url}/lfs/verify"},
                },
            }
            for wish in json.loads(body)["objects"]
        ]
        self._send(200, {"transfer": "basic", "objects": objects}, {"Content-Type": "application/vnd.git-lfs+json"})

    def _store(self, body: bytes, oid: str) -> None:
        self.server.blobs[oid] = body
        self._send(200 if hashlib.sha256(body).hexdigest() == oid else 422, {})

    def _verify(self, body: bytes) -> None:
        self._send(200 if json.loads(body)["oid"] in self.server.blobs else 404, {})

    def _commit(self, body: bytes, repo: str) -> None:
        for line in body.decode().splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "file":
                self.server.repos[repo][value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                self.server.repos[repo][value["path"]] = self.server.blobs[value["oid"]]
        sha = self.server.commit(repo)
        self._send(200, {"success": True, "commitOid": sha, "commitUrl": f"{self.server.url}/{repo}/commit/{sha}"})

    def _info(self, body: bytes, repo: str) -> None:
        if self._exists(repo):
            siblings = [{"rfilename": name} for name in self.server.repos[repo]]
            self._send(200, {"id": repo, "sha": self.server.commit(repo), "private": False, "siblings": siblings})

    def _tree(self, body: bytes, repo: str) -> None:
        if self._exists(repo):
            files = self.server.repos[repo]
            self._send(
                200,
                [
                    {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                    for name, data in files.items()
                ],
            )

    def _resolve(self, body: bytes, repo: str, file: str) -> None:
        if not self._exists(repo):
            return
        if file not in self.server.repos[repo]:
            self._send(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            return
        data = self.server.repos[repo][file]
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        self._send(
            200, data, {"ETag": etag, "X-Repo-Commit": self.server.commit(repo), "X-Linked-Size": str(len(data))}
        )

    def _exists(self, repo: str) -> bool:
        if repo not in self.server.repos:
            self._send(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        return repo in self.server.repos


_REPO = r"(?P<repo>[^/]+/[^/]+)"
_ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/api/whoami-v2", _Handler._whoami),
    ("POST", "/api/repos/create", _Handler._create),
    ("POST", "/api/validate-yaml", _Handler._validate),
    ("POST", f"/api/models/{_REPO}/preupload/main", _Handler._preupload),
    ("POST", rf"/{_REPO}\.git/info/lfs/objects/batch", _Handler._batch),
    ("PUT", "/lfs/(?P<oid>[0-9a-f]{64})", _Handler._store),
    ("POST", "/lfs/verify", _Handler._verify),
    ("POST", f"/api/models/{_REPO}/commit/main", _Handler._commit),
    ("GET", f"/api/models/{_REPO}(?:/revision/main)?", _Handler._info),
    ("GET", f"/api/models/{_REPO}/tree/[^/]+", _Handler._tree),
    ("GET HEAD", f"/{_REPO}/resolve/[^/]+/(?P<file>.+)", _Handler._resolve),
]

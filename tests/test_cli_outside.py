"""Files from elsewhere on the command line: addresses, standard input and output; and what programs read, --json."""

from __future__ import annotations

import io
import json
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import gan.api
from gan.cli import fetch as fetching
from gan.cli.fetch import Network, fetch, is_public
from gan.cli.main import main
from gan.core.errors import InputError
from gan.limits import MAX_BYTES, MAX_FETCH_S

STILL = ["--scale", "1", "--strength", "0"]


@pytest.fixture(autouse=True)
def _tiny(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan.api, "WEIGHTS_DIR", tiny_weights)


def png(color: str = "teal", size: tuple[int, int] = (24, 18)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, color).save(data, "PNG")
    return data.getvalue()


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Web:
    """A network of answers by host and path, all of which come over a pair of sockets of this machine."""

    def __init__(self, pages: dict[str, bytes], addresses: dict[str, Sequence[str]] | None = None) -> None:
        self.pages = pages
        self.addresses = addresses or {}
        self.resolutions: list[str] = []
        self.connections: list[str] = []
        self.now = 0.0

    def network(self, **changes: Any) -> Network:
        ways: dict[str, Any] = {"resolve": self.resolve, "connect": self.connect, "clock": lambda: self.now}
        return Network(**{**ways, **changes})

    def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.resolutions.append(host)
        return self.addresses.get(host, ["93.184.216.34"])

    def connect(self, address: str, _port: int, host: str, _timeout_s: float) -> socket.socket:
        self.connections.append(address)
        ours, theirs = socket.socketpair()

        def serve() -> None:
            with theirs:
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += theirs.recv(4096)
                path = asked.split(b" ")[1].decode()
                theirs.sendall(self.pages.get(f"{host}{path}", answer(b"", "404 Not Found")))

        threading.Thread(target=serve, daemon=True).start()
        return ours


@contextmanager
def refused() -> Iterator[list[str]]:
    said: list[str] = []
    with pytest.raises(InputError) as caught:
        yield said
    said.append(str(caught.value))


def test_a_picture_is_downloaded_by_the_name_its_address_ends_with() -> None:
    web = Web(
        {
            "shop.example/a%20b/chair%C3%A9.png?x=1": answer(b"chair"),
            "cdn.example/p": answer(b"", "302 Found", "Location: //shop.example/a%20b/chair%C3%A9.png?x=1"),
        }
    )
    assert fetch("https://cdn.example/p", web.network()) == ("chairé.png", b"chair")
    assert web.resolutions == ["cdn.example", "shop.example"], "once for each host"
    assert fetch("https://shop.example/a b/chairé.png?x=1#top", web.network())[1] == b"chair"


@pytest.mark.parametrize("place", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:192.168.0.1"])
def test_no_redirect_leads_into_a_network(place: str) -> None:
    away = answer(b"", "302 Found", "Location: https://inner.example/secret.png")
    web = Web({"shop.example/a.png": away, "inner.example/secret.png": answer(b"secret")}, {"inner.example": [place]})
    with refused() as said:
        fetch("https://shop.example/a.png", web.network())
    assert f"inner.example lies at {place}, within a network" in said[0]
    assert web.connections == ["93.184.216.34"]


def test_an_address_among_several_that_is_private_is_refused_and_the_checked_one_is_connected_to() -> None:
    web = Web({"shop.example/a.png": answer(b"x")}, {"shop.example": ["93.184.216.34", "192.168.1.1"]})
    with refused():
        fetch("https://shop.example/a.png", web.network())
    assert not web.connections
    web.addresses = {"shop.example": ["93.184.216.34"]}
    assert fetch("https://shop.example/a.png", web.network())[1] == b"x"
    assert web.connections == ["93.184.216.34"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("172.16.3.4", False),
        ("224.0.0.1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("nonsense", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) == public


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://shop.example/a.png", "begins with http://"),
        ("https://shop.example/none.png", "the server answers 404 Not Found"),
        ("https://shop.example/round", "more than 5 redirects"),
        ("https://shop.example/down", "begins with http://"),
        ("https://anna@shop.example/a.png", "a user's name"),
        ("https://[nonsense/a.png", "no address"),
        ("https://shop.example/large", "more than 64 MB"),
        ("https://shop.example/endless", "more than 64 MB"),
        ("https://shop.example/cut", "cannot be reached"),
        ("https://shop.example/garbage", "cannot be reached"),
    ],
)
def test_what_is_no_file_on_the_web_is_refused_in_a_sentence(url: str, said: str) -> None:
    head = b"HTTP/1.1 200 OK\r\n"
    web = Web(
        {
            "shop.example/round": answer(b"", "302 Found", "Location: /round"),
            "shop.example/down": answer(b"", "301 Moved", "Location: http://shop.example/a.png"),
            "shop.example/large": head + f"Content-Length: {MAX_BYTES + 1}\r\n\r\n".encode(),
            "shop.example/endless": head + b"\r\n" + bytes(MAX_BYTES + 1),
            "shop.example/cut": head + b"Content-Length: 10\r\n\r\nabc",
            "shop.example/garbage": b"no HTTP\r\n\r\n",
        }
    )
    with refused() as told:
        fetch(url, web.network())
    assert said in told[0]
    assert told[0].count("\n") == 0


def test_a_download_that_trickles_is_given_up() -> None:
    web = Web({"shop.example/a.png": answer(b"x")})

    def connect(*place: Any) -> socket.socket:
        web.now += MAX_FETCH_S + 1
        return web.connect(*place)

    with refused() as said:
        fetch("https://shop.example/a.png", web.network(connect=connect))
    assert "longer than 60 s" in said[0]


def test_addresses_are_inputs_of_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    web = Web(
        {
            "shop.example/a.png": answer(png()),
            "shop.example/b.png": answer(b"", "302 Found", "Location: https://inner.example/b.png"),
        },
        {"inner.example": ["10.0.0.7"]},
    )
    monkeypatch.setattr(fetching, "Network", web.network)
    addresses = [f"https://shop.example/{name}.png" for name in "ab"]
    assert main(["enhance", *addresses, "-o", str(tmp_path / "out") + "/", *STILL]) == 2
    assert (tmp_path / "out/a.png").is_file()
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith("https://shop.example/b.png: image: inner.example lies at 10.0.0.7")
    assert main(["enhance", addresses[1], "-o", str(tmp_path / "b.png"), *STILL]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "b.png").exists()


class Standard(io.TextIOWrapper):
    """Standard input or output of these bytes."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8", write_through=True)

    def bytes(self) -> bytes:
        self.flush()
        return self.buffer.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_a_picture_goes_through_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    out = Standard()
    monkeypatch.setattr(sys, "stdin", Standard(png()))
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["enhance", "-", "-o", "-", "--format", "webp", "--lossless", *STILL]) == 0
    with Image.open(io.BytesIO(out.bytes())) as made:
        assert (made.format, made.size) == ("WEBP", (24, 18))
    assert "24x18" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["enhance", "-", "-o", "-", "--json"], "- beside --json"),
        (["enhance", "-", "-o", "-", "--record"], "- beside --record"),
        (["enhance", "-", "-", "-o", "out/"], "- twice"),
        (["run", "-", "a.png", "-o", "-"], "several files are written"),
        (["recolor", "-", "-o", "-", "--to", "#102030", "--to", "#405060"], "2 results"),
    ],
)
def test_what_does_not_fit_a_pipe_is_refused(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    cut = Image.new("RGBA", (24, 18))
    cut.paste((200, 60, 40, 255), (6, 4, 18, 14))
    data = io.BytesIO()
    cut.save(data, "PNG")
    monkeypatch.setattr(sys, "stdin", Standard(data.getvalue()))
    assert main([*arguments, "--device", "cpu"]) == 2
    printed = capsys.readouterr()
    assert said in printed.out + printed.err


def test_json_has_one_object_a_line_errors_too_and_the_same_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "bad.png").write_bytes(b"no picture")
    command = ["enhance", str(tmp_path / "a.png"), str(tmp_path / "bad.png"), "-o", str(tmp_path / "out") + "/"]
    assert main([*command, *STILL, "--json", "--quiet"]) == 2
    printed = capsys.readouterr()
    made, bad, summary, end = map(json.loads, printed.out.splitlines())
    assert (made["event"], made["file"], made["width_px"]) == ("result", str(tmp_path / "out/a.png"), 24)
    assert made["seconds"] > 0
    assert (bad["event"], bad["source"], bad["error"]["field"]) == ("error", str(tmp_path / "bad.png"), "image")
    assert bad["error"]["message"] in printed.err
    assert (summary["made"], summary["failed"], end) == (1, 1, {"event": "end", "status": 2})


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["enhance", "a.png", "-o", "b.png", "--scale", "3"], None),
        (["enhance", "none.png", "-o", "b.png"], "image"),
        (["polish"], None),
        (["check", "none.png", "--channel", "nowhere"], "channel"),
    ],
)
def test_whatever_ends_a_command_is_json_too(
    arguments: list[str],
    field: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        status: Any = main([*arguments, "--json"])
    except SystemExit as stopped:
        status = stopped.code
    assert status == 2
    printed = capsys.readouterr()
    error, *_, end = map(json.loads, printed.out.splitlines())
    assert error["event"] == "error"
    assert error["error"].get("field") == field
    assert end == {"event": "end", "status": 2}
    assert error["error"]["message"] in printed.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "a.png", "--channel", "amazon"],
        ["export", "a.png", "--channel", "ebay", "-o", "a.zip"],
        ["mask", "a.png", "-o", "m.png", "--rectangle", "1,1,5,5"],
        ["run", "r.json", "a.png", "-o", "out"],
        ["weights", "list"],
        ["weights", "verify"],
        ["stylize", "a.png", "-o", "s.png", "--list"],
        ["crop", "a.png", "-o", "c.png", "--aspect", "1:1"],
    ],
    ids=lambda arguments: "-".join(arguments[:2]),
)
def test_every_command_speaks_json(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(png())
    step = {"task": "enhance", "request": {"scale": 1, "strength": 0}}
    Path("r.json").write_text(json.dumps({"version": 1, "steps": [step]}))
    try:
        status: Any = main([*arguments, "--json"])
    except SystemExit as stopped:
        status = stopped.code
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["event"] == "result"
    if "--list" not in arguments:
        assert lines[-1] == {"event": "end", "status": status}


def test_json_into_a_file_stays_what_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.png").write_bytes(png())
    command = ["check", str(tmp_path / "a.png"), "--channel", "etsy", "--json", str(tmp_path / "said.json")]
    assert main(command) in (0, 3)
    assert "files" in json.loads((tmp_path / "said.json").read_text("utf-8"))
    assert "Etsy" in capsys.readouterr().out

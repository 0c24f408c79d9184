"""What the first click on an example takes on a server that was just started, over HTTP: upload, run, file (bar 1 s).

    python -m benchmarks.first_click [--most 1]      # exit status 1 above it

The second and third click follow on the same server. Processor seconds are the server's, which a busy machine changes
little; the seconds of the wall are those that a visitor waits.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
UPLOADS = ("carton.jpg", "sneakers.jpg", "bowl.jpg")
TICKS = os.sysconf("SC_CLK_TCK")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the seconds of each click. Returns 1 where the first took more than `--most`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=float, default=float("inf"), metavar="S", help="exit status 1 above it")
    options = parser.parse_args(argv)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    with started(port) as process, httpx.Client(base_url=f"http://127.0.0.1:{port}/gradio_api/", timeout=60) as client:
        print(f"start: {time.perf_counter() - began:.2f} s, {cpu_s(process.pid):.2f} CPU-s", flush=True)
        waited = [clicked(client, ROOT / "examples/uploads" / name, process.pid) for name in UPLOADS]
    return int(waited[0] > options.most)


@contextmanager
def started(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The page on a port, from when it says that it is well."""
    line = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield process
        finally:
            process.terminate()


def clicked(client: httpx.Client, example: Path, server: int) -> float:
    """Seconds until the result of an example at the usual settings has come, its file included."""
    about = client.get("info").json()["named_endpoints"]["/enhance"]["parameters"]
    usual = [parameter["parameter_default"] for parameter in about[1:]]
    wall, cpu = time.perf_counter(), cpu_s(server)
    (upload,) = client.post("upload", files={"files": (example.name, example.read_bytes())}).raise_for_status().json()
    given = [{"path": upload, "meta": {"_type": "gradio.FileData"}}, *usual]
    event = client.post("call/enhance", json={"data": given}).raise_for_status().json()["event_id"]
    said = client.get(f"call/enhance/{event}").text.split("event: complete\ndata: ")[1]
    result = json.loads(said.splitlines()[0])[0]
    size = len(client.get(f"file={result['path']}").raise_for_status().content)
    wall, cpu = time.perf_counter() - wall, cpu_s(server) - cpu
    print(f"{example.name}: {wall:.2f} s, {cpu:.2f} CPU-s, {size / 1e3:.0f} kB", flush=True)
    return wall


def cpu_s(process: int) -> float:
    """Seconds of the processor that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    sys.exit(main())

"""All threads of a server share one arena of the allocator, whose free end can be given back."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

ARENAS = """
import ctypes, sys, threading
from gan.ui.allocator import keep_one_arena, trim
keep_one_arena()
def work():
    together.wait()
    kept = bytes(10**5)
    together.wait()
together = threading.Barrier(3)
threads = [threading.Thread(target=work) for _ in range(3)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
trim()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fclose.argtypes = [ctypes.c_void_p]
file = libc.fopen(sys.argv[1].encode(), b"w")
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="glibc alone has arenas")
@pytest.mark.parametrize(("given", "most"), [({}, 1), ({"MALLOC_ARENA_MAX": "3"}, 3)], ids=["ours", "the owner's"])
def test_threads_share_one_arena_unless_the_owner_wants_more(given: dict[str, str], most: int, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"} | given
    subprocess.run([sys.executable, "-c", ARENAS, str(tmp_path / "arenas.xml")], check=True, env=environment)
    assert (tmp_path / "arenas.xml").read_text().count("<heap nr=") == most

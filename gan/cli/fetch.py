"""Download a picture that the command line names by its address, `https://...`, and nothing that lies within a network.

A name is resolved once, every address that it has is checked, and one of these is connected to: a name that changes
between the check and the connection leads nowhere else. The same holds for each redirect. Serving never imports this.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import string
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from gan.core.errors import InputError
from gan.limits import MAX_BYTES, MAX_FETCH_S, MAX_REDIRECTS

FIELD: Final = "image"
CONNECT_S: Final = 10.0
_PART_BYTES: Final = 2**16
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_REASONS: Final = {http.client.BadStatusLine: "it speaks no HTTP", http.client.IncompleteRead: "it ends too early"}
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises `OSError` if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def connected(address: str, port: int, host: str, timeout_s: float) -> socket.socket:
    """A connection to an address, encrypted for a host's name. Raises `OSError`."""
    plain = socket.create_connection((address, port), timeout=timeout_s)
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def is_public(address: str) -> bool:
    """True if an address belongs to the internet, and to no private network, this machine or its neighborhood."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        within = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            within.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(inner is not None and not is_public(str(inner)) for inner in within):
            return False
    return ip.is_global and not ip.is_multicast


@dataclass(frozen=True)
class Network:
    """The way to other machines; tests put another one in its place.

    Attributes:
        resolve: from host and port to addresses.
        connect: to an address and port, for a host, within seconds.
        allowed: whether an address may be connected to.
        clock: seconds.
    """

    resolve: Callable[[str, int], Sequence[str]] = resolved
    connect: Callable[[str, int, str, float], socket.socket] = connected
    allowed: Callable[[str], bool] = is_public
    clock: Callable[[], float] = time.monotonic


def fetch(url: str, network: Network | None = None) -> tuple[str, bytes]:
    """A file's name, as its address ends, and its content.

    Raises:
        InputError: no address that is allowed, another answer than a file, too many redirects, too many bytes, or too
            much time.
    """
    network = network or Network()
    until = network.clock() + MAX_FETCH_S
    at = url
    for _ in range(MAX_REDIRECTS + 1):
        parts = _checked(at)
        connection = _Connection(parts, network, until)
        try:
            connection.request("GET", _target(parts), headers={"User-Agent": "packshot-studio", "Accept": "image/*"})
            answer = connection.getresponse()
            if answer.status in _REDIRECTS and (to := answer.getheader("Location")):
                at = urljoin(at, to)
                continue
            if answer.status != 200:
                raise _refused(f"the server answers {answer.status} {answer.reason}".strip(), "Check the address")
            return _name(parts), _content(answer, connection, network, until)
        except TimeoutError as error:
            raise _too_slow() from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or _REASONS.get(type(error), type(error).__name__)
            raise _refused(f"{parts.hostname} cannot be reached: {reason}", "Check the address") from error
        finally:
            connection.end()
    raise _refused(f"more than {MAX_REDIRECTS} redirects", "Give the address that they lead to")


def is_address(text: str) -> bool:
    """True if a text is an address on the web, and no path."""
    return re.match(r"https?://", text, re.IGNORECASE) is not None


class _Connection(http.client.HTTPSConnection):
    """A connection to the one address that was checked."""

    def __init__(self, parts: SplitResult, network: Network, until: float) -> None:
        super().__init__(str(parts.hostname), parts.port or 443, timeout=CONNECT_S)
        self._network = network
        self._until = until
        self._answers: list[http.client.HTTPResponse] = []
        self.response_class: Any = self._answer

    def _answer(self, *args: Any, **named: Any) -> http.client.HTTPResponse:
        self._answers.append(http.client.HTTPResponse(*args, **named))
        return self._answers[-1]

    def end(self) -> None:
        """Close the connection, and an answer that was not read to its end, or is none."""
        for answer in self._answers:
            answer.close()
        self.close()

    def connect(self) -> None:
        addresses = list(self._network.resolve(self.host, self.port))
        for address in addresses:
            if not self._network.allowed(address):
                raise _refused(
                    f"{self.host} lies at {address}, within a network and not on the internet",
                    "Download the file, and name it by its path",
                )
        failed: OSError = OSError("it has no address")
        for address in addresses:
            try:
                self.sock = self._network.connect(address, self.port, self.host, min(CONNECT_S, self.left_s()))
            except OSError as error:
                failed = error
                continue
            return
        raise failed

    def left_s(self) -> float:
        """Seconds until the time is up; raises `TimeoutError` where it is."""
        left = self._until - self._network.clock()
        if left <= 0:
            raise TimeoutError
        return left


def _content(answer: http.client.HTTPResponse, connection: _Connection, network: Network, until: float) -> bytes:
    parts: list[bytes] = []
    size = int(length) if (length := answer.getheader("Content-Length", "")).isdigit() else 0
    if size > MAX_BYTES:
        raise _too_large()
    read = 0
    while True:
        left = connection.left_s()
        if connection.sock is not None:
            connection.sock.settimeout(min(CONNECT_S, left))
        part = answer.read1(_PART_BYTES)
        if not part:
            break
        read += len(part)
        if read > MAX_BYTES:
            raise _too_large()
        parts.append(part)
    if read < size:
        raise http.client.IncompleteRead(b"", size - read)
    return b"".join(parts)


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")
    except (ValueError, UnicodeError) as error:
        raise _refused("it is no address", "Check it") from error
    if parts.scheme.lower() != "https" or not host:
        raise _refused(f"an address that begins with {parts.scheme}://", "Use https://, or download the file")
    if parts.username is not None or parts.password is not None:
        raise _refused("an address with a user's name in it", "Download the file, and name it by its path")
    return parts


def _target(parts: SplitResult) -> str:
    """Path and query as they go over the line: what is no ASCII, or a space, is escaped."""
    wanted = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(wanted, safe=string.punctuation)


def _name(parts: SplitResult) -> str:
    """The last part of the path, safe as a file's name."""
    last = unquote(parts.path).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.+ -]+", "-", last).strip(" .-")[-100:] or "picture"


def _refused(what: str, remedy: str) -> InputError:
    allowed = "a picture on the internet at an https:// address is expected"
    return InputError(FIELD, "{what}", allowed, remedy, what=what)


def _too_large() -> InputError:
    return _refused(f"the file has more than {MAX_BYTES // 2**20} MB", "Choose a smaller one")


def _too_slow() -> InputError:
    return _refused(f"it took longer than {MAX_FETCH_S:g} s to download", "Download the file, and name it by its path")

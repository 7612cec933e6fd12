"""Where a server may listen, by what names it is asked for, and who asks. Imports nothing heavy."""

import ipaddress
import os
import socket
from collections.abc import Sequence

OWN_NAMES = ("localhost", "127.0.0.1", "::1")
# A proxy of a Space stands in a private network; the last address before it that is not private is the client.
PRIVATE_NETWORKS = "127.0.0.1,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
_HERE = "http://localhost:* http://127.0.0.1:*"
_HUB = "https://huggingface.co https://*.hf.space"


def name_in(host: str) -> str:
    """A host, with or without a port -> its name alone, in small letters."""
    if host.startswith("["):
        host = host[1:].split("]")[0]
    elif host.count(":") == 1:  # IPv6 without brackets has no port
        host = host.split(":")[0]
    return host.lower().rstrip(".")


def is_own_name(host: str) -> bool:
    """Whether a host, with or without a port, is this machine by one of the names that no other machine has."""
    return name_in(host) in OWN_NAMES


def is_on_space() -> bool:
    """Whether this runs as a Hugging Face Space."""
    return bool(os.environ.get("SPACE_ID"))


def frame_ancestors() -> str:
    """Who may show a page in a frame, for its Content-Security-Policy: pages of one's own machine and, where this is a
    Space, the Hub; nobody else."""
    return f"frame-ancestors 'self' {_HERE}" + (f" {_HUB}" if is_on_space() else "")


class HostNames:
    """By what names a server may be asked for: a page of somebody else's that a visitor has open, whose name was made
    to lead here, is not one of them.

    Its own names always; those that are given; and, where it does not serve its own machine alone, any address in
    numbers, which no such page can have, and the machine's name.
    """

    def __init__(self, host: str, named: Sequence[str] = ()):
        self._names = {*OWN_NAMES, name_in(host), *map(name_in, named)}
        self._takes_addresses = not is_own_name(host)
        if self._takes_addresses:
            own = socket.gethostname().lower()
            self._names |= {own, f"{own}.local"}

    def add(self, host: str) -> None:
        """One more."""
        self._names.add(name_in(host))

    def __contains__(self, host: str) -> bool:
        name = name_in(host)
        return name in self._names or (self._takes_addresses and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_own_address(address: str) -> bool:
    """Whether an IP address is one of the machine's own, which nothing from outside has."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def check_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on.

    Raises:
        ValueError: the port is taken, or the host is not this machine's; one line.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ValueError(f"cannot listen on {host} port {port}: {error.strerror}; choose another --port") from error

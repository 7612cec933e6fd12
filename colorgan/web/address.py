"""Whether a server can listen where it is asked to. Imports nothing heavy, so that the answer comes at once."""

import ipaddress
import socket

OWN_NAMES = ("localhost", "127.0.0.1", "::1")


def is_own_name(host: str) -> bool:
    """Whether a host, with or without a port, is this machine by one of the names that no other machine has."""
    name = host.removeprefix("[").split("]")[0] if host.startswith("[") else host.rsplit(":", 1)[0]
    return name.lower() in OWN_NAMES


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

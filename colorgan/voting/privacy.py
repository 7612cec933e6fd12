"""Who takes part, without knowing who they are: a random token, a keyed hash of it, and a limiter that forgets."""

import hashlib
import hmac
import ipaddress
import os
import secrets
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from colorgan.files import write_whole
from colorgan.voting.database import home

SECRET_VARIABLE = "COLORGAN_STUDY_SECRET"  # noqa: S105  (the name of the variable, not a secret)
_SECRET_FILE = "study-secret"  # noqa: S105
_MIN_SECRET_CHARACTERS = 32
_TOKEN_CHARACTERS = 43  # of 32 random bytes in base64
_DAY_S = 86_400


def new_token() -> str:
    """A participant's random token (256 bits), for their browser to keep; the store sees only its hash."""
    return secrets.token_urlsafe(32)


def participant_hash(secret: bytes, token: str) -> str:
    """HMAC-SHA256 of a browser's token: without the server's secret nobody can link a token to a row.

    Raises:
        ValueError: not a token that `new_token` makes.
    """
    if len(token) != _TOKEN_CHARACTERS or not token.isascii():
        raise ValueError(f"a participant's token has {_TOKEN_CHARACTERS} characters, got {len(token)}")
    return hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()


def server_secret(folder: Path | None = None) -> bytes:
    """The secret of `COLORGAN_STUDY_SECRET`, or of a file in `folder` (default: `home()`) that only its owner reads.

    The file is made when first asked for. Servers on several machines need the variable: all must hash alike.

    Raises:
        ValueError: a secret that can be guessed, or a file that others may read.
    """
    from_environment = os.environ.get(SECRET_VARIABLE)
    if from_environment is not None:
        if len(from_environment) < _MIN_SECRET_CHARACTERS:
            raise ValueError(
                f"{SECRET_VARIABLE} must have at least {_MIN_SECRET_CHARACTERS} characters, got {len(from_environment)}"
            )
        return from_environment.encode()
    path = (folder or home()) / _SECRET_FILE
    if not path.exists():
        _write_secret(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"{path} must be readable by its owner alone: chmod 600 {path}")
    secret = path.read_bytes()
    if len(secret) < _MIN_SECRET_CHARACTERS:
        raise ValueError(f"{path} must hold at least {_MIN_SECRET_CHARACTERS} bytes, got {len(secret)}")
    return secret


def _write_secret(path: Path) -> None:
    """Appears whole, with mode 0600 from its first moment; of several processes that try, the first one's stays."""
    write_whole(path, secrets.token_hex(32), mode=0o600, replace=False)


class RateLimiter:
    """At most `burst` requests at once and `per_minute` over time for one address; in memory only, thread-safe.

    Addresses are kept as an HMAC under a random salt that changes every day (UTC), so that even a memory dump does
    not say who was here yesterday. IPv6 addresses count by their /64, which is what one household gets.
    """

    def __init__(
        self, per_minute: float, burst: int, *, most_addresses: int = 100_000, clock: Callable[[], float] = time.time
    ):
        if per_minute <= 0 or burst < 1 or most_addresses < 1:
            raise ValueError(f"rate, burst and addresses must be positive, got {per_minute}, {burst}, {most_addresses}")
        self._per_s, self._burst, self._most, self._clock = per_minute / 60, burst, most_addresses, clock
        self._lock = threading.Lock()
        self._day, self._salt = -1, b""
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()  # key -> tokens left, at what time

    def allow(self, address: str) -> bool:
        """Whether a request from this address may go on now; one that may is counted."""
        with self._lock:
            now = self._clock()
            key = self._key(address, now)
            left, at = self._buckets.pop(key, (float(self._burst), now))
            left = min(float(self._burst), left + max(0.0, now - at) * self._per_s)
            allowed = left >= 1
            self._buckets[key] = (left - 1 if allowed else left, now)  # the newest is last
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
            return allowed

    def _key(self, address: str, now: float) -> bytes:
        day = int(now // _DAY_S)
        if day != self._day:
            self._day, self._salt = day, secrets.token_bytes(32)
            self._buckets.clear()
        return hmac.digest(self._salt, _network(address).encode(), "sha256")


def _network(address: str) -> str:
    """What counts as one visitor: an IPv4 address, an IPv6 /64, or whatever else the server gave as a name."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))

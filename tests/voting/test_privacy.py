"""Tokens, their hash, the server's secret and the rate limiter."""

import pickle
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cases.voting import Clock

from colorgan.voting import privacy
from colorgan.voting.privacy import RateLimiter, new_token, participant_hash, server_secret

SECRET = b"x" * 32


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLORGAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(privacy.SECRET_VARIABLE, raising=False)
    return tmp_path / "home"


def test_the_hash_is_keyed() -> None:
    # `printf %s TOKEN | openssl dgst -sha256 -hmac KEY`
    known = "7c751a5350ecc4f761869b5f4be38fc61f72bc5ba2ce962313f33baa9a939b8b"
    assert participant_hash(SECRET, "a" * 43) == known
    token = new_token()
    assert participant_hash(SECRET, token) == participant_hash(SECRET, token)
    assert participant_hash(SECRET, token) != participant_hash(b"y" * 32, token)
    assert len({new_token() for _ in range(100)}) == 100
    assert token not in participant_hash(SECRET, token)


@pytest.mark.parametrize("token", ["", "short", "a" * 44, "é" * 43])
def test_other_tokens_are_refused(token: str) -> None:
    with pytest.raises(ValueError, match="token has 43 characters"):
        participant_hash(SECRET, token)


def test_the_secret_is_made_once_and_private(own_home: Path) -> None:
    secret = server_secret()
    assert len(secret) == 64
    assert server_secret() == secret
    [path] = own_home.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_home.stat().st_mode) == 0o700


def test_a_secret_that_others_can_read_is_refused(own_home: Path) -> None:
    server_secret()
    [path] = own_home.iterdir()
    path.chmod(0o640)
    with pytest.raises(ValueError, match="chmod 600"):
        server_secret()


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    monkeypatch.setenv(privacy.SECRET_VARIABLE, "s" * 32)
    assert server_secret() == b"s" * 32
    assert not own_home.exists()
    monkeypatch.setenv(privacy.SECRET_VARIABLE, "guess")
    with pytest.raises(ValueError, match="at least 32 characters, got 5"):
        server_secret()


def test_servers_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    together = threading.Barrier(16)

    def ask(_: int) -> bytes:
        together.wait()
        return server_secret(tmp_path)

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(ask, range(16)))) == 1
    assert [path.name for path in tmp_path.iterdir() if "." in path.name] == []


def test_a_burst_then_a_rate() -> None:
    clock = Clock()
    limiter = RateLimiter(per_minute=60, burst=5, clock=clock)
    assert [limiter.allow("192.0.2.1") for _ in range(7)] == [True] * 5 + [False] * 2
    assert limiter.allow("192.0.2.2")  # another address has its own
    clock.now += 2
    assert [limiter.allow("192.0.2.1") for _ in range(3)] == [True, True, False]
    clock.now += 3600
    assert sum(limiter.allow("192.0.2.1") for _ in range(20)) == 5  # never more than the burst


def test_a_household_is_one_address() -> None:
    limiter = RateLimiter(60, 1, clock=Clock())
    assert limiter.allow("2001:db8:1:2::1")
    assert not limiter.allow("2001:db8:1:2:ffff::9")
    assert limiter.allow("2001:db8:1:3::1")
    assert limiter.allow("::ffff:192.0.2.9")
    assert not limiter.allow("192.0.2.9")
    assert limiter.allow("testclient")
    assert not limiter.allow("testclient")


def test_addresses_are_not_kept_and_the_salt_changes_daily() -> None:
    clock = Clock()
    limiter = RateLimiter(60, 1, clock=clock)
    limiter.allow("192.0.2.77")
    kept = dict(limiter._buckets)
    assert b"192.0.2.77" not in pickle.dumps(kept)
    assert all(len(key) == 32 for key in kept)
    clock.now += 86_400
    limiter.allow("192.0.2.77")
    assert not set(kept) & set(limiter._buckets)
    assert len(limiter._buckets) == 1


def test_a_flood_of_addresses_does_not_fill_the_memory() -> None:
    limiter = RateLimiter(60, 2, most_addresses=50, clock=Clock())
    for number in range(1000):
        assert limiter.allow(f"198.51.100.{number}")
    assert len(limiter._buckets) == 50


@pytest.mark.parametrize("values", [(0, 1), (1, 0), (-1, 5)])
def test_impossible_limits_are_refused(values: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        RateLimiter(*values)

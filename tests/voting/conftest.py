"""What the tests of the votes share: a store in each database."""

from collections.abc import Iterator

import pytest
from cases.voting import Clock

from colorgan.voting.store import Store


@pytest.fixture
def store(database: str, clock: Clock) -> Iterator[Store]:
    store = Store.open(database, clock=clock, power_safe=False)
    yield store
    store.close()

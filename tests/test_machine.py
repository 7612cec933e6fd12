"""What a program does with the machine before it works."""

import gc

import pytest

from colorgan.machine import without_collector


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_rests_and_is_afterwards_as_it_was(was_on: bool) -> None:
    try:
        (gc.enable if was_on else gc.disable)()
        with pytest.raises(ValueError, match="no model"), without_collector():
            assert not gc.isenabled()
            raise ValueError("no model")
        assert gc.isenabled() == was_on
    finally:
        gc.enable()

"""What is to come, made by another thread before it is asked for."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T], worker: ThreadPoolExecutor, most: int) -> Generator[T]:
    """The same items, none of them None, of which up to `most` are made by the worker, one thread, before they are
    asked for. What it raises is raised here, in its place; closed early, it waits for the item at hand and drops the
    others."""
    held = deque[Future[T | None]](worker.submit(next, items, None) for _ in range(most))
    try:
        while (item := held.popleft().result()) is not None:
            held.append(worker.submit(next, items, None))
            yield item
    finally:
        for one in held:
            one.cancel()

"""The tools for agents, asked by the protocol's own client over HTTP, through the page's gate and within its limits."""

import base64
import contextlib
import io
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import numpy as np
import pytest
from cases.page import Page, page_running
from mcp import Client
from PIL import Image

from colorgan.web.mcp.protocol import MOST_OPEN


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, words: str) -> Iterator[Page]:
    """A server with a small model that takes hints, and tools for agents."""
    launch = json.dumps({"mcp": True, "limits": {"max_megapixels": 0.5, "max_megabytes": 1}})
    with page_running(tmp_path_factory.mktemp("page"), words, LAUNCH=launch) as page:
        yield page


@pytest.fixture(scope="module")
def gray() -> Image.Image:
    blobs = np.random.default_rng(0).integers(40, 220, (4, 5), dtype=np.uint8)
    return Image.fromarray(blobs).resize((96, 80), Image.Resampling.BICUBIC)


def base64_of(image: Image.Image, kind: str = "PNG") -> str:
    file = io.BytesIO()
    image.save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def asked(page: Page, *calls: tuple[str, dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """The tools as a client lists them, and its results of some calls."""

    async def ask() -> tuple[list[Any], list[Any]]:
        async with Client(f"{page.address}mcp") as client:
            tools = (await client.list_tools()).tools
            return list(tools), [await client.call_tool(name, arguments) for name, arguments in calls]

    with ThreadPoolExecutor(1) as thread:  # the suite's browser has a loop that runs in this one
        return thread.submit(anyio.run, ask).result()


def pixels(result: Any) -> Any:
    image = next(one for one in result.content if one.type == "image")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(image.data))).convert("RGB")).astype(int)


def test_an_agent_finds_and_uses_the_tools(page: Page, gray: Image.Image) -> None:
    photo = base64_of(gray)
    hints = [{"x": 30, "y": 40, "colour": "red"}]
    tools, results = asked(
        page,
        ("colorize", {"photo": photo}),
        ("colorize", {"photo": f"data:image/png;base64,{photo}", "vividness": 0}),
        ("colorize", {"photo": base64_of(gray, "TIFF"), "variant": 1, "seed": 7}),
        ("colorize_with_hints", {"photo": photo, "hints": hints, "daring": 0.5}),
        ("describe_colours", {"photo": photo}),
        ("describe_colours", {"photo": photo, "places": [{"x": 30, "y": 40}]}),
    )
    by_name = {tool.name: tool for tool in tools}
    assert by_name.keys() == {"colorize", "colorize_with_hints", "describe_colours"}
    for tool in tools:
        schema = tool.input_schema
        assert tool.description and tool.annotations.read_only_hint and schema["required"][0] == "photo"
        assert all("description" in one for one in schema["properties"].values())
    hint = by_name["colorize_with_hints"].input_schema["properties"]["hints"]["items"]
    assert hint["required"] == ["x", "y", "colour"]
    assert not any(result.is_error for result in results), [result.content for result in results]
    plain, calm, other, told = map(pixels, results[:4])
    assert plain.shape == (80, 96, 3) and np.ptp(plain, 2).max() > 3 and np.ptp(calm, 2).max() == 0
    assert not np.array_equal(plain, other) and not np.array_equal(plain, told)
    assert {one.mime_type for result in results[:4] for one in result.content if one.type == "image"} == {"image/png"}
    assert results[3].content[1].text.startswith("96 x 80 pixels, coloured with 1 hints by ")
    nine, one = (result.content[0].text.splitlines() for result in results[4:])
    assert len(nine) == 10 and nine[1].startswith("upper left (x 16, y 13): ") and "middle" in nine[5]
    assert len(one) == 2 and "; likely: " in one[1] and one[1].endswith("%")


def test_what_is_wrong_is_said_to_the_agent_in_a_line(page: Page, gray: Image.Image) -> None:
    photo, large = base64_of(gray), base64_of(Image.new("L", (1000, 600)))
    noise = np.random.default_rng(0).integers(0, 255, (1100, 1100), dtype=np.uint8)
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("colorize", {}, "'photo' is missing"),
        ("colorize", {"photo": "/etc/passwd"}, "photo must be the base64 of a photo's file: "),
        ("colorize", {"photo": base64.b64encode(b"none").decode()}, "is not a picture"),
        ("colorize", {"photo": large}, "0.6 megapixels"),
        ("colorize", {"photo": base64_of(Image.fromarray(noise))}, "photo must be a photo's file of at most 1 MiB"),
        ("colorize", {"photo": photo, "hints": []}, "'hints' is none of photo, vividness, variant, seed"),
        ("colorize", {"photo": photo, "vividness": 9}, "vividness must be of type number from 0 to 3, got '9'"),
        ("colorize", {"photo": photo, "seed": 0.5}, "seed must be of type integer"),
        ("colorize_with_hints", {"photo": photo, "hints": [{"x": 1}]}, "hints must be of type array"),
        ("colorize_with_hints", {"photo": photo, "hints": [{"x": 1, "y": 2, "colour": "nocolour"}]}, "hint 1"),
        ("colorize_with_hints", {"photo": photo, "hints": [{"x": 500, "y": 2, "colour": "red"}]}, "500"),
        ("describe_colours", {"photo": photo, "places": [{"x": 500, "y": 2}]}, "500"),
    ]
    _, results = asked(page, *((name, arguments) for name, arguments, _ in wrong))
    for (_, _, line), result in zip(wrong, results, strict=True):
        [content] = result.content
        assert result.is_error and line in content.text and "\n" not in content.text, content.text
    assert not list(page.folder.rglob("call-*")), "nothing of a call is kept"
    assert "Traceback" not in page.errors


def post(page: Page, body: bytes, **headers: str) -> tuple[int, bytes]:
    asked = urllib.request.Request(f"{page.address}mcp", body, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_the_gate_stands_before_the_tools(page: Page) -> None:
    ping = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    assert post(page, ping) == (200, b'{"jsonrpc":"2.0","id":1,"result":{}}')
    assert post(page, ping, Origin="https://elsewhere.example")[0] == 403
    assert post(page, ping, Host="elsewhere.example")[0] == 403
    assert post(page, b"{")[0] == 400
    assert post(page, b"[]")[0] == 400
    assert post(page, b'{"jsonrpc": "2.0", "method": "notifications/initialized"}') == (202, b"")
    code = json.loads(post(page, ping.replace(b"ping", b"resources/list"))[1])["error"]["code"]
    assert code == -32601
    assert post(page, b" " * 4 * 2**20)[0] == 413


def test_so_many_messages_at_once_and_no_more(page: Page) -> None:
    """Those that are still being sent count: each is held in memory."""
    host, port = page.address.removeprefix("http://").rstrip("/").split(":")
    head = f"POST /mcp HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 10\r\n\r\n".encode()
    ping = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    with contextlib.ExitStack() as sockets:
        for _ in range(MOST_OPEN):
            sockets.enter_context(socket.create_connection((host, int(port)), 10)).sendall(head)
        until = time.monotonic() + 120
        while post(page, ping)[0] != 503:
            assert time.monotonic() < until
    while post(page, ping)[0] != 200:  # who has gone is no longer counted
        assert time.monotonic() < until


def test_without_the_flag_there_are_no_tools(telling_server: Page) -> None:
    assert post(telling_server, b"{}")[0] == 404

"""A visit of the Colorize or Compare page by script, over real HTTP: what a browser sends, or anything else."""

import html
import json
import re
import secrets
from typing import Any

import httpx

FILE = re.compile(r"gradio_api/file=[^\s\"'&\\]+")


class ScriptedVisit:
    """One browser's tab, with a cookie of its own; `source` is the address that it comes from."""

    def __init__(self, address: str, page: str = "", source: str = "127.0.0.1", **headers: str):
        transport = httpx.HTTPTransport(local_address=source)
        self.client = httpx.Client(base_url=address, transport=transport, headers=headers, timeout=300)
        self.page, self.session = page, secrets.token_hex(6)
        self._functions: dict[str, dict[str, Any]] | None = None

    def __enter__(self) -> "ScriptedVisit":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def arrive(self) -> httpx.Response:
        """Load the page: the browser has its cookie from now on."""
        return self.client.get(f"/{self.page}")

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        """The page's events by name, as Gradio describes them."""
        if self._functions is None:
            described = self.client.get("/config").json()
            mine = set(described["page"][self.page]["dependencies"])
            events = [one for one in described["dependencies"] if one["id"] in mine]
            self._functions = {target[1]: one for one in events for target in one["targets"]}
        return self._functions

    def send(self, name: str, content: bytes, **headers: str) -> httpx.Response:
        """Upload a file."""
        return self.client.post("/gradio_api/upload", files={"files": (name, content)}, headers=headers)

    def body(self, event: str, values: list[Any] | None = None, /, **said: Any) -> dict[str, Any]:
        """An event as a browser sends it."""
        function = self.functions[event]
        data = values if values is not None else [None] * len(function["inputs"])
        named = {"fn_index": function["id"], "session_hash": self.session, "trigger_id": function["targets"][0][0]}
        return {**named, "data": data, "event_data": said or None}

    def join(self, body: object, **headers: str) -> httpx.Response:
        """Send an event, or anything in its place."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"}
        return self.client.post("/gradio_api/queue/join", content=content, headers=kind | headers)

    def do(self, event: str, values: list[Any] | None = None, /, **said: Any) -> str:
        """An event to its end -> the stage that it leaves, or why it failed, as JSON text."""
        answer = self.join(self.body(event, values, **said))
        if answer.status_code != 200:
            return answer.text
        shown = ""
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            for line in stream.iter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[5:])
                if message["msg"] in ("process_generating", "process_completed"):
                    output = json.dumps(message["output"], ensure_ascii=False)
                    shown = output if len(output) > 300 or not shown or not message["success"] else shown + output
                if message["msg"] in ("close_stream", "unexpected_error"):
                    break
        return html.unescape(shown)

    def bring(self, name: str, content: bytes) -> str:
        """Upload a photo and have it coloured -> the last stage."""
        [path] = self.send(name, content).json()
        return self.do("bring", files=[{"name": name, "path": path}])

    def files(self, stage: str) -> list[str]:
        """The addresses of files in a stage."""
        return list(dict.fromkeys(FILE.findall(stage)))

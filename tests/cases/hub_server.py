"""A small Hugging Face Hub in memory, over real HTTP on this machine, that can be told to fail.

It answers what huggingface_hub asks to publish, load and stream, of repositories without Xet and of buckets with it;
what it does not know is listed in `unknown`. Refusals are worded as the real Hub words them, since the client goes by
those words.
"""

import base64
import contextlib
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from cases import hub_buckets

KINDS = {"models": "model", "datasets": "dataset", "spaces": "space"}
LFS_SUFFIXES = (".safetensors", ".parquet", ".png", ".zip")
_REPOSITORY = r"([^/]+/[^/]+)"


@dataclass(frozen=True)
class File:
    """A file of a commit; large ones (`lfs`) are named by their SHA-256, the others as git names a blob."""

    data: bytes
    lfs: bool = False
    xet: str = ""  # Xet's hash, of a file in a bucket

    @property
    def oid(self) -> str:
        return hashlib.sha256(self.data).hexdigest() if self.lfs else git_oid(self.data)

    def entry(self, path: str) -> dict[str, Any]:
        """As listings show it."""
        plain = {"type": "file", "path": path, "oid": git_oid(self.data), "size": len(self.data)}
        if self.xet:
            return {**plain, "xetHash": self.xet}
        return {**plain, "lfs": {"oid": self.oid, "size": len(self.data), "pointerSize": 134}} if self.lfs else plain


def git_oid(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass(frozen=True)
class Commit:
    oid: str
    parent: str | None
    title: str
    files: dict[str, File]


class Repository:
    """Commits, and the branches that point to them."""

    def __init__(self, private: bool):
        self.private = private
        self.volumes: list[dict[str, Any]] = []  # of a Space, as its variables and secrets
        self.variables: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        self.commits: dict[str, Commit] = {}
        self.branches: dict[str, str] = {}
        self.add("main", "initial commit", {".gitattributes": File(b"*.safetensors filter=lfs\n")})

    def add(self, branch: str, title: str, files: dict[str, File]) -> str:
        parent = self.branches.get(branch)
        oid = hashlib.sha1(f"{parent} {title} {len(self.commits)}".encode()).hexdigest()
        self.commits[oid] = Commit(oid, parent, title, files)
        self.branches[branch] = oid
        return oid

    def at(self, revision: str) -> Commit | None:
        return self.commits.get(self.branches.get(revision, revision))

    def history(self, branch: str = "main") -> list[Commit]:
        """Newest first."""
        commits, oid = [], self.branches.get(branch)
        while oid:
            commits.append(self.commits[oid])
            oid = commits[-1].parent
        return commits


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def as_json(content: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def refusal(status: int, message: str, code: str = "") -> Reply:
    reply = as_json({"error": message}, status)
    reply.headers |= {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
    return reply


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose "METHOD /path" the pattern is found in.

    `kind`: "status" answers `status`; "drop" closes the connection before the request is heard, "drop answer" after
    it was obeyed; "cut" closes it halfway through the answer; "corrupt" changes one byte; "slow" waits `seconds`.
    """

    pattern: str
    kind: str
    times: int = 1
    status: int = 500
    seconds: float = 0.5
    happened: int = 0


class HubServer:
    """`with HubServer(token="hf_right") as hub:` then point HF_ENDPOINT to `hub.url`."""

    def __init__(self, token: str, user: str = "tester"):
        self.token, self.user = token, user
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.stored: dict[str, bytes] = {}  # large files by SHA-256
        self.xet = hub_buckets.XetStores()
        self.requests: list[str] = []
        self.unknown: list[str] = []
        self.faults: list[Fault] = []
        self.before: Callable[[Request], None] = lambda request: None  # called before each request is answered
        self._lock = threading.RLock()
        self._connections: set[socket.socket] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        for connection in list(self._connections):
            hang_up(connection)
        self._server.server_close()
        self.xet.close()

    def fail(self, pattern: str, kind: str, **details: Any) -> Fault:
        """Let something go wrong, see `Fault`."""
        self.faults.append(Fault(pattern, kind, **details))
        return self.faults[-1]

    def reset(self) -> None:
        """Forget everything."""
        self.repositories, self.stored, self.faults = {}, {}, []
        self.requests, self.unknown = [], []
        self.before = lambda request: None

    def repository(self, name: str, kind: str = "model") -> Repository:
        return self.repositories[kind, name]

    def answer(self, request: Request) -> Reply:
        """Authorise, then find who answers."""
        self.before(request)
        given = request.headers.get("authorization")
        if given is not None and given != f"Bearer {self.token}":
            return refusal(401, "Invalid credentials in Authorization header")
        known = given is not None
        if not known and request.method in ("POST", "PUT", "DELETE") and not request.path.startswith("/lfs/"):
            return refusal(401, "Invalid username or password.")
        with self._lock:
            for pattern, respond in self._routes():
                if match := re.fullmatch(pattern, request.path):
                    return respond(request, known, *match.groups())
        self.unknown.append(f"{request.method} {request.path}")
        return refusal(404, "not something this Hub knows")

    def _routes(self) -> list[tuple[str, Callable[..., Reply]]]:
        kinds = "(models|datasets|spaces)"
        return [
            ("/api/whoami-v2", lambda request, known: as_json({"type": "user", "name": self.user, "orgs": []})),
            ("/api/validate-yaml", self._validate_yaml),
            ("/api/repos/create", self._create),
            ("/lfs/([0-9a-f]{64})", self._store),
            (rf"/(?:datasets/|spaces/)?{_REPOSITORY}\.git/info/lfs/objects/batch", self._lfs_batch),
            (rf"/api/buckets/{_REPOSITORY}(?:/([\w-]+)(?:/(.*))?)?", self._bucket_api),
            (rf"/buckets/{_REPOSITORY}/resolve/(.+)", self._bucket_file),
            (rf"/(?:api/resolve-cache/)?(?:{kinds}/)?{_REPOSITORY}/resolve/([^/]+)/(.+)", self._resolve),
            (rf"/api/{kinds}/{_REPOSITORY}(?:/([^/]+)(?:/([^/]+)(?:/(.*))?)?)?", self._repository_api),
        ]

    def _validate_yaml(self, request: Request, known: bool) -> Reply:
        found = front_matter(json.loads(request.body)["content"])
        if not isinstance(found, dict):
            return as_json({"errors": [{"message": "no front matter"}], "warnings": []}, 400)
        return as_json({"errors": [], "warnings": []})

    def _create(self, request: Request, known: bool) -> Reply:
        wanted = json.loads(request.body)
        kind, owner = wanted.get("type") or "model", wanted.get("organization") or self.user
        name = f"{owner}/{wanted['name']}"
        if owner != self.user:
            return refusal(403, f'You don\'t have the rights to create a model under the namespace "{owner}"')
        answer = {"url": f"{self.url}/{'' if kind == 'model' else kind + 's/'}{name}", "name": name}
        if (kind, name) in self.repositories:
            return as_json({**answer, "error": "You already created this repo"}, 409)
        self.repositories[kind, name] = Repository(wanted.get("visibility") == "private")
        return as_json(answer)

    def _lfs_batch(self, request: Request, known: bool, name: str) -> Reply:
        objects = []
        for one in json.loads(request.body)["objects"]:
            upload = {"actions": {"upload": {"href": f"{self.url}/lfs/{one['oid']}"}}}
            objects.append({"oid": one["oid"], "size": one["size"]} | ({} if one["oid"] in self.stored else upload))
        return as_json({"transfer": "basic", "objects": objects})

    def _store(self, request: Request, known: bool, oid: str) -> Reply:
        if hashlib.sha256(request.body).hexdigest() != oid:
            return refusal(400, "the content is not what its SHA-256 says")
        self.stored[oid] = request.body
        return Reply()

    def add_bucket(self, name: str, files: dict[str, bytes] | None = None, *, private: bool = True) -> Repository:
        """A bucket that has these files."""
        bucket = self.repositories["bucket", name] = Repository(private)
        there = {path: File(data, xet=self.xet.add(data)) for path, data in (files or {}).items()}
        bucket.add("main", "files", there)
        return bucket

    def _bucket_api(self, request: Request, known: bool, name: str, question: str | None, folder: str | None) -> Reply:
        """A bucket: files without commits, each there as soon as it has its name."""
        bucket = self.repositories.get(("bucket", name))
        if question is None and request.method == "POST":
            return self._create_bucket(name, bucket, json.loads(request.body))
        if bucket is None or not known:
            return refusal(404, "Repository not found", "RepoNotFound")
        files = bucket.history()[0].files
        if question is None:
            size = sum(len(file.data) for file in files.values())
            about = {"id": name, "private": bucket.private, "createdAt": "2026-11-30T08:00:00.000Z"}
            return as_json({**about, "size": size, "totalFiles": len(files)})
        if question.startswith("xet-"):
            return self._xet_token(question)
        if question == "batch":
            return self._bucket_batch(bucket, request.body)
        if question not in ("tree", "paths-info"):
            self.unknown.append(f"{request.method} {request.path}")
            return refusal(404, "not something this Hub knows")
        if question == "paths-info":
            wanted = [path for path in json.loads(request.body)["paths"] if path in files]
            return as_json([files[path].entry(path) for path in wanted])
        found = list(listed(files, unquote(folder or ""), "recursive" in request.query))
        return as_json(found)

    def _create_bucket(self, name: str, bucket: Repository | None, wanted: dict[str, Any]) -> Reply:
        if name.partition("/")[0] != self.user:
            return refusal(403, "You don't have the rights to create a bucket under this namespace")
        answer = {"url": f"{self.url}/buckets/{name}", "id": name}
        if bucket is not None:
            return as_json({**answer, "error": "You already created this bucket"}, 409)
        self.add_bucket(name, private=wanted.get("visibility") == "private")
        return as_json(answer)

    def _xet_token(self, question: str) -> Reply:
        """Where contents go, or come from: in headers for the client, in JSON for its Xet library."""
        address = self.xet.to_write() if question == "xet-write-token" else self.xet.to_read()
        told = hub_buckets.headers(address)
        reply = as_json({"casUrl": address, "accessToken": "xet", "exp": int(told["X-Xet-Token-Expiration"])})
        reply.headers |= told
        return reply

    def _bucket_batch(self, bucket: Repository, body: bytes) -> Reply:
        """Name contents, and remove files; what cannot be done is told, and the rest done all the same."""
        files, failed = dict(bucket.history()[0].files), []
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        self.xet.take({line["xetHash"] for line in lines if line["type"] == "addFile"})
        for line in lines:
            path = line["path"]
            if line["type"] == "deleteFile" and path in files:
                del files[path]
            elif line["type"] == "addFile" and (data := self.xet.contents.get(line["xetHash"])) is not None:
                files[path] = File(data, xet=line["xetHash"])
            else:
                failed.append({"path": path, "error": "there is no such content or file"})
        bucket.add("main", "batch", files)
        return as_json({"success": not failed, "failed": failed}, 422 if failed else 200)

    def _bucket_file(self, request: Request, known: bool, name: str, path: str) -> Reply:
        bucket = self.repositories.get(("bucket", name))
        file = bucket.history()[0].files.get(unquote(path)) if bucket and known else None
        if file is None:
            return refusal(404, "Entry not found", "EntryNotFound")
        reply = partly(request, file)
        refresh = f"{self.url}/api/buckets/{name}/xet-read-token"
        reply.headers |= {"X-Xet-Hash": file.xet, "X-Xet-Refresh-Route": refresh}
        return reply

    def _visible(self, kinds: str | None, name: str, known: bool) -> Repository | Reply:
        """A repository, or what the Hub says of one that is not there for this visitor."""
        repository = self.repositories.get((KINDS[kinds or "models"], name))
        if repository is None or (repository.private and not known):
            return (
                refusal(404, "Repository not found", "RepoNotFound")
                if known
                else refusal(401, "Invalid username or password.", "RepoNotFound")
            )
        return repository

    def _resolve(self, request: Request, known: bool, kinds: str | None, name: str, revision: str, path: str) -> Reply:
        """A file, or the part of it that is asked for."""
        repository = self._visible(kinds, name, known)
        if isinstance(repository, Reply):
            return repository
        commit = repository.at(unquote(revision))
        if commit is None:
            return refusal(404, f"Invalid rev id: {unquote(revision)}", "RevisionNotFound")
        found = commit.files.get(unquote(path))
        headers = {"X-Repo-Commit": commit.oid, "Accept-Ranges": "bytes"}
        reply = refusal(404, "Entry not found", "EntryNotFound") if found is None else partly(request, found)
        reply.headers |= headers
        return reply

    def _repository_api(
        self,
        request: Request,
        known: bool,
        kinds: str,
        name: str,
        question: str | None,
        revision: str | None,
        folder: str | None,
    ) -> Reply:
        repository = self._visible(kinds, name, known)
        if isinstance(repository, Reply):
            return repository
        branch = unquote(revision or "main")
        if kinds == "spaces" and question in ("runtime", "volumes", "variables", "secrets"):
            return space_settings(request, repository, question)
        if question == "refs":
            branches = [{"name": one, "ref": one, "targetCommit": oid} for one, oid in repository.branches.items()]
            return as_json({"branches": branches, "tags": [], "converts": [], "pullRequests": []})
        if question == "branch":
            if branch in repository.branches:
                return refusal(409, "Reference already exists")
            repository.branches[branch] = repository.branches["main"]
            return as_json({}, 201)
        commit = repository.at(branch)
        if commit is None:
            return refusal(404, f"Invalid rev id: {branch}", "RevisionNotFound")
        answers: dict[str, Callable[[], Reply]] = {
            "revision": lambda: as_json(described(name, repository, commit)),
            "tree": lambda: as_json(list(listed(commit.files, unquote(folder or ""), "recursive" in request.query))),
            "paths-info": lambda: as_json(paths_info(request, commit.files)),
            "preupload": lambda: as_json({"files": list(upload_modes(request, commit.files))}),
            "commit": lambda: self._commit(repository, kinds, name, branch, commit, request.body),
        }
        if (question or "revision") not in answers:
            self.unknown.append(f"{request.method} {request.path}")
            return refusal(404, "not something this Hub knows")
        return answers[question or "revision"]()

    def _commit(self, repository: Repository, kinds: str, name: str, branch: str, parent: Commit, body: bytes) -> Reply:
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        if header.get("parentCommit") not in (None, parent.oid):
            return refusal(412, "A commit has happened since. Please refresh and try again.")
        files = dict(parent.files)
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = File(base64.b64decode(value["content"]))
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.stored:
                    return refusal(400, f"LFS object {value['oid']} was never uploaded")
                files[value["path"]] = File(self.stored[value["oid"]], lfs=True)
            elif line["key"] == "deletedFile":
                files.pop(value["path"])
        oid = repository.add(branch, header["summary"], files)
        prefix = "" if kinds == "models" else kinds + "/"
        return as_json({"success": True, "commitOid": oid, "commitUrl": f"{self.url}/{prefix}{name}/commit/{oid}"})

    def _fault(self, request: Request) -> Fault | None:
        line = f"{request.method} {request.path}"
        with self._lock:
            for fault in self.faults:
                if fault.happened < fault.times and re.search(fault.pattern, line):
                    fault.happened += 1
                    return fault
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                hub._connections.add(self.connection)

            def finish(self) -> None:
                super().finish()
                hub._connections.discard(self.connection)

            def log_message(self, *arguments: Any) -> None:
                pass

            def do_GET(self) -> None:
                """Answer any method; faults come between."""
                body = read_body(self)
                address = urlsplit(self.path)
                headers = {key.lower(): value for key, value in self.headers.items()}
                request = Request(self.command, address.path, parse_qs(address.query), headers, body)
                fault = hub._fault(request)
                kind = fault.kind if fault else ""
                if fault and kind == "slow":
                    threading.Event().wait(fault.seconds)  # time.sleep is what impatient tests replace
                if kind == "drop":
                    hub.requests.append(f"{request.method} {request.path} -> dropped")
                    return self._drop()
                failed = fault is not None and kind == "status"
                reply = Reply(fault.status, b"<html>Oh dear</html>") if fault and failed else hub.answer(request)
                hub.requests.append(f"{request.method} {request.path} -> {reply.status}")
                if kind == "drop answer":
                    return self._drop()
                if kind == "corrupt":
                    middle = len(reply.body) // 2
                    reply.body = reply.body[:middle] + bytes([reply.body[middle] ^ 1]) + reply.body[middle + 1 :]
                self._send(reply, cut=kind == "cut")
                return None

            do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

            def _send(self, reply: Reply, cut: bool) -> None:
                self.send_response(reply.status)
                for key, value in reply.headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body[: len(reply.body) // 2] if cut else reply.body)
                if cut:
                    self._drop()

            def _drop(self) -> None:
                self.wfile.flush()
                self.close_connection = True
                hang_up(self.connection)

        return Handler


def hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was first
        connection.shutdown(socket.SHUT_RDWR)


def read_body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    chunks = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        chunks.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(chunks)


def partly(request: Request, file: File) -> Reply:
    """A file, or the part of it that is asked for."""
    reply, size = Reply(200, file.data, {"ETag": f'"{file.oid}"', "X-Linked-Size": str(len(file.data))}), len(file.data)
    if part := re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", "")):
        start = int(part[1]) if part[1] else size - int(part[2])
        end = min(int(part[2]), size - 1) if part[1] and part[2] else size - 1
        reply.status, reply.body = 206, file.data[start : end + 1]
        reply.headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return reply


def space_settings(request: Request, space: Repository, question: str) -> Reply:
    """What a Space runs with: read, or changed."""
    wanted = json.loads(request.body or "{}")
    if question == "volumes":
        space.volumes = wanted["volumes"]
    if question in ("runtime", "volumes"):
        return as_json({"stage": "RUNNING", "volumes": space.volumes or None})
    there = space.variables if question == "variables" else space.secrets
    if request.method == "POST":
        there[wanted["key"]] = wanted["value"]
    shown = {key: {"value": value} if question == "variables" else {} for key, value in there.items()}
    return as_json(shown)


def front_matter(text: str) -> Any:
    found = re.match(r"---\r?\n(.*?)\r?\n---", text, re.DOTALL)
    return yaml.safe_load(found[1]) if found else None


def described(name: str, repository: Repository, commit: Commit) -> dict[str, Any]:
    card = commit.files.get("README.md")
    results = [(path, file.data) for path, file in commit.files.items() if path.startswith(".eval_results/")]
    return {
        "_id": commit.oid[:24],
        "id": name,
        "sha": commit.oid,
        "private": repository.private,
        "cardData": front_matter(card.data.decode()) if card else None,
        "evalResults": [
            {"filename": path, "data": entry} for path, data in sorted(results) for entry in yaml.safe_load(data)
        ],
        "siblings": [{"rfilename": path} for path in sorted(commit.files)],
    }


def listed(files: dict[str, File], folder: str, recursive: bool) -> Iterator[dict[str, Any]]:
    prefix, seen = (folder.strip("/") + "/").lstrip("/"), set()
    for path in sorted(one for one in files if one.startswith(prefix)):
        parts = path[len(prefix) :].split("/")
        for depth in range(1, len(parts)):
            inner = prefix + "/".join(parts[:depth])
            if inner not in seen and (recursive or depth == 1):
                seen.add(inner)
                yield {"type": "directory", "path": inner, "oid": git_oid(inner.encode()), "size": 0}
        if recursive or len(parts) == 1:
            yield files[path].entry(path)


def paths_info(request: Request, files: dict[str, File]) -> list[dict[str, Any]]:
    is_json = "json" in request.headers.get("content-type", "")
    paths = json.loads(request.body)["paths"] if is_json else parse_qs(request.body.decode()).get("paths", [])
    found = []
    for path in (one.strip("/") for one in paths):
        if path in files:
            found.append(files[path].entry(path))
        elif any(one.startswith(path + "/") for one in files):
            found.append({"type": "directory", "path": path, "oid": git_oid(path.encode()), "size": 0})
    return found


def upload_modes(request: Request, files: dict[str, File]) -> Iterator[dict[str, Any]]:
    for one in json.loads(request.body)["files"]:
        path = one["path"]
        mode = "lfs" if path.endswith(LFS_SUFFIXES) else "regular"
        oid = files[path].oid if path in files else None
        yield {"path": path, "shouldIgnore": False, "oid": oid, "uploadMode": mode}

#!/bin/sh
# huggingface_hub 2.4.0: where the cache has no symbolic links, force_download=True leaves the old file in its place.
#
# The new file is fetched and put under blobs/, but a name that is there already under snapshots/ is not replaced: with a
# link that is right, since it points to the blob; without links (Windows; HF_HUB_DISABLE_SYMLINKS=1) the name is the
# file itself. So a file that was damaged in the cache stays damaged, however often it is fetched, and what was fetched
# is kept beside it.
#
# Seen: a file is fetched, one letter of it changed in the cache, and fetched again with force_download=True. With links
# its content is right again, without links it is the damaged one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet huggingface_hub==2.4.0
for links in with without; do
    disabled=$([ $links = without ] && echo 1 || echo 0)
    HF_HUB_DISABLE_SYMLINKS=$disabled HF_HUB_DISABLE_XET=1 HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_PROGRESS_BARS=1 \
        HF_HUB_DISABLE_SYMLINKS_WARNING=1 "$folder/venv/bin/python" - "$folder/$links" $links <<'PROGRAM'
import hashlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from huggingface_hub import hf_hub_download

CONTENT = b"what the Hub has"
ETAG = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()


class Hub(BaseHTTPRequestHandler):
    """One file of one commit."""

    def do_HEAD(self, body=b""):
        self.send_response(200)
        for name, value in (("ETag", f'"{ETAG}"'), ("X-Repo-Commit", "c" * 40), ("Content-Length", len(CONTENT))):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.do_HEAD(CONTENT)

    def log_message(self, *words):
        pass


hub = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=hub.serve_forever, daemon=True).start()
where = {"endpoint": f"http://127.0.0.1:{hub.server_address[1]}", "cache_dir": sys.argv[1]}

cached = Path(hf_hub_download("user/model", "config.json", **where))
assert cached.read_bytes() == CONTENT and cached.is_symlink() == (sys.argv[2] == "with")
cached.resolve().write_bytes(CONTENT.replace(b"what", b"WHAT"))
again = Path(hf_hub_download("user/model", "config.json", force_download=True, **where))
print(f"{sys.argv[2]} symbolic links: {again.read_bytes()!r}")
assert (again.read_bytes() == CONTENT) == (sys.argv[2] == "with"), "changed: the file is replaced without links, too"
PROGRAM
done

"""Installs the certified provider outside the tree (`var/peers_oidc/`) and runs it on a free port."""

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from configs.loader import PROJECT_ROOT

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "provider.mjs")
CACHE = PROJECT_ROOT / "var" / "peers_oidc"
MISSING = "node and npm are not installed: apt install nodejs npm (CI fails instead of skipping)"
HAS_NODE = shutil.which("node") is not None and shutil.which("npm") is not None
INSTALL_SECONDS, START_SECONDS = 300, 30


def installed() -> Path | None:
    """The folder with the provider, installed at first use by the lock's hashes; None when that cannot be done now."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    folder = CACHE / digest
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=CACHE))
    for name in FILES:
        shutil.copy(HERE / name, draft / name)
    words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
    try:
        subprocess.run(words, cwd=draft, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        draft.rename(folder)
    except (subprocess.SubprocessError, OSError):
        shutil.rmtree(draft, ignore_errors=True)
    return folder if folder.exists() else None


@contextmanager
def certified_provider(folder: Path) -> Iterator[str]:
    """The running provider's issuer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "NODE_ENV": "test"}
    process = subprocess.Popen(
        ["node", "provider.mjs", str(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any(line.strip() == "ready" for line in lines), "the provider ended before it was ready"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_SECONDS)
        if process.stdout is not None:
            process.stdout.close()

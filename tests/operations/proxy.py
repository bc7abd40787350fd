"""nginx with the file of `deploy/`, on loopback ports and with a self-made certificate, in front of a service."""

import asyncio
import datetime
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from configs.loader import PROJECT_ROOT

NAME = "luotain.county.example"
FILE = PROJECT_ROOT / "deploy" / "nginx.conf"
SECONDS = 30
MAIN = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    {temporary}
    include {folder}/luotain.conf;
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def program() -> str:
    """Where nginx is.  Skips with a reason where there is none, but never in CI."""
    found = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    if found:
        return found
    reason = "nginx is not installed: apt-get install nginx-light"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Proxy:
    """A running nginx and how to ask it."""

    plain: int
    secure: int
    certificate: Path

    def ask(self, method: str, path: str, host: str = NAME, **more: Any) -> httpx.Response:
        """One request over TLS, whose certificate is checked."""
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        headers = {"host": host, **more.pop("headers", {})}
        with httpx.Client(verify=trusted, timeout=SECONDS, trust_env=False) as client:
            address = f"https://127.0.0.1:{self.secure}{path}"
            return client.request(method, address, headers=headers, extensions={"sni_hostname": NAME}, **more)


def written(folder: Path, service: int, plain: int = 80, secure: int = 443) -> Path:
    """The main file that includes the shipped one, with nothing changed but ports and places."""
    changes = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{secure} ssl;",
        "server 127.0.0.1:3000;": f"server 127.0.0.1:{service};",
        "/etc/ssl/luotain.pem": str(folder / "cert.pem"),
        "/etc/ssl/luotain.key": str(folder / "key.pem"),
        "/var/log/nginx/luotain.log": str(folder / "luotain.log"),
    }
    said = FILE.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert said.count(old) == 1, old
        said = said.replace(old, new)
    (folder / "luotain.conf").write_text(said, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "\n    ".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(user=user, folder=folder, temporary=temporary), encoding="utf-8")
    certify(folder)
    return main


def certify(folder: Path) -> None:
    """A certificate for a week, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, *plain))


@contextmanager
def proxied(folder: Path, service: int) -> Iterator[Proxy]:
    """nginx in front of a port, until the block ends."""
    plain, secure = _free_port(), _free_port()
    main = written(folder, service, plain, secure)
    process = subprocess.Popen([program(), "-c", str(main), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(secure, process, folder / "nginx.log")
        yield Proxy(plain, secure, folder / "cert.pem")
    finally:
        process.terminate()
        process.wait(SECONDS)


@contextmanager
def listening(app: Any, forwarded_allow_ips: str) -> Iterator[int]:
    """The port of an app on loopback; uvicorn as BentoML starts it."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", forwarded_allow_ips=forwarded_allow_ips, lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.02)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(encoding="utf-8")[-2000:]
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("nginx did not open its port.")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])

"""The files an administrator copies: the unit, the container file, the proxy, the example config, the Bento's list."""

import re
import shutil
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path

import pytest

from configs.loader import PROJECT_ROOT
from serving.serve import DRAIN_SPARE_SECONDS, environment
from serving.settings import load_settings
from tests.operations.wheels import INSTALL, WHEELS, checked_out, cut_off
from tests.test_repository import tracked

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # BentoML and OpenTelemetry use deprecated names of their libraries
    from bentoml._internal.bento.build_config import BentoPathSpec

    from serving.service import Luotain

DEPLOY = PROJECT_ROOT / "deploy"
PRODUCTION = PROJECT_ROOT / "configs" / "serving_production.yaml"
SECRET = re.compile(r"(?i)(password|secret|token|api_key)\s*[:=]\s*[\"']?[A-Za-z0-9+/]{12,}")


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def unit() -> Mapping[str, list[str]]:
    """The directives of the unit, each with every value it was given."""
    found: dict[str, list[str]] = {}
    for line in text("luotain.service").splitlines():
        if "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            found.setdefault(name.strip(), []).append(value.strip())
    return found


@pytest.mark.parametrize(
    "directive,              value",
    [
        ("User",                 "luotain"),
        ("NoNewPrivileges",      "yes"),
        ("ProtectSystem",        "strict"),
        ("ReadWritePaths",       "/var/lib/luotain /var/lib/luotain-checkpoints /var/cache/luotain"),
        ("ProtectHome",          "yes"),
        ("PrivateTmp",           "yes"),
        ("PrivateDevices",       "yes"),
        ("CapabilityBoundingSet", ""),
        ("RestrictSUIDSGID",     "yes"),
        ("SystemCallFilter",     "@system-service"),
        ("UMask",                "0077"),
        ("MemoryMax",            "6G"),
        ("Restart",              "on-failure"),
    ],
)  # fmt: skip
def test_the_unit_is_hardened(directive: str, value: str) -> None:
    assert unit()[directive] == [value]


def test_the_unit_starts_the_service_over_folders_that_it_may_write() -> None:
    (start,), written = unit()["ExecStart"], unit()["ReadWritePaths"][0].split()
    assert start == "/opt/luotain/.venv/bin/python -m serving.serve --config /etc/luotain/serving.yaml"
    settings = load_settings(str(PRODUCTION))
    assert settings.workspace.root in map(Path, written)
    assert settings.records.checkpoints in written
    variables = dict(one.split("=", 1) for one in unit()["Environment"])
    assert variables["LUOTAIN_VAR"] == str(settings.workspace.root)
    assert variables["NUMBA_CACHE_DIR"] in written  # the code's own folder cannot be written to
    assert "MemoryDenyWriteExecute" not in unit()  # the kernel is compiled when it is first used


def test_F14_the_unit_waits_longer_than_a_worker_drains() -> None:
    settings = load_settings(str(PRODUCTION))
    assert int(unit()["TimeoutStopSec"][0]) > settings.timeout_seconds + DRAIN_SPARE_SECONDS
    assert unit()["KillMode"] == ["mixed"]  # SIGTERM to the parent alone, which passes it on


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    here = text("luotain.service").replace("/opt/luotain/.venv/bin/python", shutil.which("true") or "/bin/true")
    file = tmp_path / "luotain.service"
    file.write_text(here, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "luotain.service" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_container_is_nobody_holds_no_secret_and_installs_only_what_the_lock_names() -> None:
    said = text("Containerfile")
    assert re.findall(r"^USER (.*)$", said, re.MULTILINE) == ["10001:10001"]
    assert "--require-hashes -r requirements.lock" in said.replace("\\\n", "")
    copied = [line.split()[1:-1] for line in said.splitlines() if line.startswith("COPY ") and "--from" not in line]
    ignored = (PROJECT_ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[1] == "*"  # everything stays out that is not named
    for source in (one for line in copied for one in line):
        assert (PROJECT_ROOT / source).exists()
        assert f"!{source}" in ignored
    assert not re.search(r"^ENV.*BENTOML_CONTAINERIZED", said, re.MULTILINE)
    assert SECRET.search(said) is None


def test_the_packages_that_the_service_imports_are_in_the_container_and_in_the_bento() -> None:
    build = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["tool"]["bentoml"]["build"]
    for package in ("configs", "features", "models", "serving"):
        assert f"COPY {package} {package}" in text("Containerfile")
        assert f"/{package}/" in build["include"]


def test_every_line_of_the_proxys_file_is_whole() -> None:
    lines = [re.sub(r"#.*", "", line).strip() for line in text("nginx.conf").splitlines()]
    assert [line for line in lines if line and line[-1] not in ";{}"] == []
    depths = list(accumulate(line.count("{") - line.count("}") for line in lines))
    assert (min(depths), depths[-1]) == (0, 0)


def test_W18_the_proxy_agrees_with_the_example_config() -> None:
    said, settings = text("nginx.conf"), load_settings(str(PRODUCTION))
    assert settings.sign_in is not None
    names = set(re.findall(r"server_name (\S+);", said))
    assert names == {settings.sign_in.public_url.removeprefix("https://")}
    assert names <= set(settings.allowed_hosts)
    assert f"server {settings.host}:{settings.port};" in said
    assert settings.trusted_proxies == ("127.0.0.1",)
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in said  # what the browser sent is replaced
    assert "proxy_set_header Host $host;" in said
    assert "location = /metrics { return 404; }" in said
    assert "add_header" not in re.sub(r"#.*", "", said)  # every security header comes from the service, once
    waits = re.search(r"proxy_read_timeout (\d+)s;", said)
    assert waits is not None
    assert int(waits[1]) > settings.timeout_seconds
    megabytes = re.search(r"client_max_body_size (\d+)m;", said)
    assert megabytes is not None
    assert int(megabytes[1]) * 1_000_000 > settings.max_upload_bytes


def test_the_example_config_is_production_with_a_provider_a_database_and_no_secret() -> None:
    settings = load_settings(str(PRODUCTION))
    assert (settings.environment, settings.clock) == ("production", "system")
    assert settings.sign_in is not None
    assert settings.sign_in.client_secret.file == "/etc/luotain/client_secret"
    assert settings.development_users == {}
    assert settings.coordinator.names.csv is None
    assert (settings.records.url or "").startswith("postgresql+psycopg://luotain@")
    assert SECRET.search(PRODUCTION.read_text(encoding="utf-8")) is None


def test_the_example_config_serves_what_the_demo_serves() -> None:
    demo, production = load_settings("configs/serving.yaml"), load_settings(str(PRODUCTION))
    for name in ("models", "decision_points", "purposes", "planning", "routing", "api", "sessions", "workers"):
        assert getattr(production, name) == getattr(demo, name), name


@pytest.mark.filterwarnings("ignore:GitWildMatchPattern")  # BentoML's own word for it
def test_a_bento_holds_the_code_and_nothing_else() -> None:
    build = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["tool"]["bentoml"]["build"]
    listed = BentoPathSpec(build["include"], build["exclude"], str(DEPLOY))
    files = {str(file.relative_to(PROJECT_ROOT)) for file in tracked()}
    wanted = {name for name in files if name.startswith(("configs/", "features/", "models/", "serving/", "deploy/"))}
    held = {name for name in files if listed.includes(name)}
    assert held == wanted | {"requirements.lock", "pyproject.toml", "LICENSE"}
    kept_out = ("var/keys/signing.pem", "var/x/configs/serving.yaml", "tests/configs/a.py", "docs/serving/a.md")
    assert [name for name in kept_out if listed.includes(name)] == []


def test_a_bento_names_no_registry_and_resolves_nothing_again() -> None:
    python = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["tool"]["bentoml"]["build"]["python"]
    assert python == {"requirements_txt": "requirements.lock", "lock_packages": False}


def test_W18_a_bento_listens_where_the_config_says_and_believes_no_header() -> None:
    settings = load_settings("configs/serving.yaml")
    assert Luotain.config["http"] == {"host": settings.host, "port": settings.port}
    workers = {one.name: one.value for one in Luotain.envs}
    started = environment(settings, "configs/serving.yaml")
    believed = {"FORWARDED_ALLOW_IPS": "nobody", "OMP_NUM_THREADS": "1", "OTEL_SDK_DISABLED": "true"}
    assert workers == believed == {name: started[name] for name in believed}


def test_the_documented_installation_takes_hashed_wheels_and_no_index() -> None:
    page = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for words in (WHEELS, INSTALL):
        assert " ".join(words) in re.sub(r"\s*\\\n\s*", " ", page)
    assert {"--no-index", "--require-hashes"} <= set(INSTALL)
    assert INSTALL[INSTALL.index("--find-links") + 1] == WHEELS[WHEELS.index("--dest") + 1]


def test_what_is_carried_over_is_the_commit_alone_and_keeps_the_wheels(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "one.whl").touch()
    (tmp_path / "var" / "keys").mkdir(parents=True)
    (tmp_path / "left_over.txt").touch()
    checked_out(tmp_path)
    kept = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert {"wheels/one.whl", "requirements.lock", "configs/serving.yaml", "serving/serve.py"} <= kept
    assert not {one for one in kept if one.startswith(("var/", ".git/", "left_over"))}


@pytest.mark.skipif(cut_off() == (), reason="this machine gives no network namespace")
def test_the_part_that_is_cut_off_reaches_nothing() -> None:
    look = "from tests.operations.wheels import OUTSIDE, reaches; raise SystemExit(reaches(OUTSIDE))"
    done = subprocess.run([*cut_off(), sys.executable, "-c", look], cwd=PROJECT_ROOT, check=False)
    assert done.returncode == 0

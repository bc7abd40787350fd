"""The doctor names what is missing, and nothing when nothing is."""

import socket

import pytest

from configs import doctor


@pytest.mark.parametrize(
    "version, healthy",
    [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)],
)
def test_only_supported_pythons_pass(version: tuple[int, int], healthy: bool) -> None:
    fault = doctor.python_fault(version)
    assert (fault is None) is healthy
    assert healthy or f"{version[0]}.{version[1]}" in str(fault)


def test_a_missing_libgomp_is_named_with_its_command() -> None:
    assert doctor.gomp_fault("libgomp.so.1") is None
    assert "apt-get install libgomp1" in str(doctor.gomp_fault(None))


@pytest.mark.parametrize("free, healthy", [(3.9e9, False), (4e9, True)])
def test_a_full_disk_is_named(free: int, healthy: bool) -> None:
    assert (doctor.disk_fault(int(free)) is None) is healthy


def test_a_busy_port_is_named_with_another_to_try() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert f"PORT={port + 1}" in str(doctor.port_fault(port))
    assert doctor.port_fault(port) is None


def test_the_command_prints_every_fault_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "gomp_fault", lambda found: "libgomp1 is missing.")
    monkeypatch.setattr(doctor, "disk_fault", lambda free: "Only 1.0 GB of disk is free.")
    assert doctor.main([]) == 1
    assert capsys.readouterr().err.count("luotain: ") == 2

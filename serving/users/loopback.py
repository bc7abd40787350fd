"""Which addresses are this machine's own."""

import ipaddress


def is_loopback(host: str) -> bool:
    """True for localhost and for loopback addresses, e.g. 127.0.0.1 and ::1 (also in brackets)."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

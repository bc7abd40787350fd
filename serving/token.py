"""`python -m serving.token --user coordinator`: a development bearer token for the API, printed on stdout."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from configs.command import run_command, say
from configs.errors import AccessError
from serving.settings import DEFAULT_CONFIG, load_settings
from serving.users.directory import users_of
from serving.users.keys import load_or_create_key
from serving.users.tokens import KEY_FILE, issue_token

LIFE_MINUTES = 60


def main(argv: Sequence[str] | None = None) -> int:
    """Print a token for one development user."""
    parser = argparse.ArgumentParser(prog="python -m serving.token", description="A development token for the API")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    parser.add_argument("--user", required=True, help="a user under `development_users`, e.g. coordinator")
    parser.add_argument("--minutes", type=int, default=LIFE_MINUTES, help="its life (default: 60, at most 480)")
    given = parser.parse_args(argv)
    return run_command(lambda: _print_token(given.config, given.user, given.minutes))


def _print_token(config: str | None, user_id: str, minutes: int) -> None:
    settings = load_settings(config)
    if not settings.is_development:
        raise AccessError("Development tokens are refused in production mode; set `environment: development`.")
    if not 1 <= minutes <= 480:
        raise AccessError("A token lives 1 to 480 minutes; type e.g. `--minutes 60`.")
    users = users_of(settings)
    if user_id not in users:
        raise AccessError(f"There is no such user; allowed: {', '.join(users)}. Type e.g. `--user coordinator`.")
    key = load_or_create_key(settings.workspace.keys / KEY_FILE)
    say(issue_token(user_id, key, datetime.now(UTC), minutes * 60))


if __name__ == "__main__":
    raise SystemExit(main())

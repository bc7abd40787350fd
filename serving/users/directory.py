"""The users of the config.  With an identity provider, and always in production, there are none."""

from serving.desk.access import User
from serving.settings import DevelopmentUserSettings, ServingSettings


def users_of(settings: ServingSettings) -> dict[str, User]:
    """Users by id; empty in production mode and where an identity provider is configured."""
    if not settings.is_development or settings.sign_in is not None:
        return {}
    return {user_id: _user(user_id, given) for user_id, given in settings.development_users.items()}


def _user(user_id: str, given: DevelopmentUserSettings) -> User:
    return User(user_id, given.name, given.role, given.unit, given.unit_name.text(), given.service_tasks)

"""The pages: server-rendered, no script, no third party.  They ask the service core and show what it answers."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.pages.app import create_pages

__all__ = ["create_pages"]


def __getattr__(name: str) -> Any:
    """The app when it is asked for: the settings and commands need only the records beside it."""
    if name == "create_pages":
        from serving.pages.app import create_pages

        return create_pages
    raise AttributeError(name)

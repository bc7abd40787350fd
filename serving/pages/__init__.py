"""The pages: server-rendered, no script, no third party.  They ask the service core and show what it answers."""

from serving.pages.app import create_pages

__all__ = ["create_pages"]

"""Whom the answer of `make demo-real` is about."""

from serving.desk.access import User

ASKER = User("coordinator", "Kaisa", "coordinator", "published_data", {}, ("published_data",))

"""A registry of models in memory whose bundles lie in a folder."""

import shutil
from dataclasses import dataclass


@dataclass(frozen=True)
class Registered:
    name: str
    version: str
    run_id: str
    sha256: str


class Registry:
    """A registry of bundle folders; `down` makes it unreachable."""

    def __init__(self):
        self.folders = {}
        self.live = {}
        self.down = False

    def add(self, name, version, folder, sha256):
        self.folders[name, version] = folder
        self.live[name] = Registered(name, version, f"run-{version}", sha256)

    def champion(self, name):
        return self.live.get(name)

    def fetch(self, name, version, to):
        return shutil.copytree(self.folders[name, version], to)

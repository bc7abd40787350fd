"""`python -m features.build --engine local|spark`: the same history, built here or by Spark over client buckets."""

import argparse
from collections.abc import Sequence

from configs.command import run_command
from configs.loader import load_config
from configs.workspace import Workspace
from features.histories import DEFAULT, Engine, HistoriesConfig, build_grid, report

ENGINES = ("local", "spark")


def main(argv: Sequence[str] | None = None) -> int:
    """Build the history that a config describes with the chosen engine and print its attrition table."""
    given = _arguments(argv)

    def action() -> None:
        config = load_config(given.config, HistoriesConfig)
        report(build_grid(Workspace.of(config.var), config, _engine(given.engine, config)))

    return run_command(action)


def _engine(name: str, config: HistoriesConfig) -> Engine | None:
    if name == "local":
        return None
    from features.engine_spark import SparkEngine  # pyspark is no part of the base installation

    return SparkEngine(config.processes)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    purpose = "Build what was known of each client on each date."
    parser = argparse.ArgumentParser(prog="python -m features.build", description=purpose)
    parser.add_argument("--config", default=DEFAULT, help=f"YAML file (default: {DEFAULT})")
    parser.add_argument("--engine", choices=ENGINES, default="local", help="where the kernel runs (default: local)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())

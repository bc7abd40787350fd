"""The only door for pyspark: the same kernel by mapInPandas over client buckets, each task writing its own parts.

What travels to the tasks is bucket numbers and settings; what comes back is the attrition of each bucket.  The rows
never pass through the driver: a task reads its buckets from the store and writes their parts beside the others.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from configs.errors import ConfigError, DataError, LuotainError
from configs.loader import PROJECT_ROOT
from features import cohort
from features.histories import BucketWork

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RAN = "bucket long, task long, process long, steps string"
NO_PYSPARK = (
    "The engine `spark` needs pyspark, which is no part of the base installation. "
    "Type `make setup-dev`, or build with `--engine local`."
)
NO_JAVA = (
    "The engine `spark` needs Java 17, and neither JAVA_HOME nor the path has one. "
    "Install it (Debian: `apt-get install openjdk-17-jre-headless`), or build with `--engine local`."
)


@dataclass(frozen=True)
class SparkEngine:
    """Runs every bucket's work on Spark: on the master that spark-submit names, or else on `cores` of this machine."""

    cores: int

    def __call__(self, work: BucketWork) -> Iterator[list[cohort.Step]]:
        session = open_session(self.cores)
        from pyspark.errors import PythonException

        try:
            ran = run(session, work)
        except PythonException as error:
            raise _fault(str(error)) or error from None
        finally:
            session.stop()
        return (json.loads(one.steps) for one in ran)


@dataclass(frozen=True, order=True)
class Ran:
    """What a task says of a bucket it built: which task, in which process, and the attrition as JSON."""

    bucket: int
    task: int
    process: int
    steps: str


def run(session: "SparkSession", work: BucketWork) -> list[Ran]:
    """Build every bucket's part; in bucket order.  The one collect comes after the kernel."""
    buckets = work.snapshot.n_buckets
    tasks = min(buckets, session.sparkContext.defaultParallelism * 4)
    numbers = session.range(0, buckets, 1, numPartitions=tasks)
    ran = numbers.mapInPandas(_kernel_task(work), RAN).collect()
    return sorted(Ran(**row.asDict()) for row in ran)


def _kernel_task(work: BucketWork) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    """What each task runs; pyspark is imported there, in the worker."""

    def build(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        from pyspark import TaskContext

        context = TaskContext.get()
        task = -1 if context is None else context.taskAttemptId()
        for batch in batches:
            for bucket in batch["id"].tolist():
                steps = json.dumps(work(bucket))
                yield pd.DataFrame({"bucket": [bucket], "task": [task], "process": [os.getpid()], "steps": [steps]})

    return build


def open_session(cores: int) -> "SparkSession":
    """A quiet session whose workers run this Python.  Raises ConfigError when pyspark or Java is missing."""
    _check_installed()
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    if not _master_is_named():
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    paths = [str(PROJECT_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("luotain histories")
    for name, value in _settings(cores).items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError:
        raise ConfigError(f"Spark did not start. {NO_JAVA}") from None


def _fault(said: str) -> LuotainError | None:
    """The error of ours that a task ended with, out of what Spark says of it; None when it was another's."""
    kinds = {kind.__name__: kind for kind in (ConfigError, DataError)}
    found = re.search(rf"configs\.errors\.({'|'.join(kinds)}): (.+)", said)
    return kinds[found[1]](found[2].strip()) if found else None


def _settings(cores: int) -> dict[str, str]:
    """Only for a run on this machine do we choose the master; nothing listens beyond loopback then."""
    common = {
        "spark.log.level": "OFF",  # what a task fails with reaches the user as one sentence
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.speculation": "false",  # two attempts at one bucket would write the same file at once
        "spark.python.worker.reuse": "true",  # the kernel is compiled once per worker
    }
    if _master_is_named():
        return common
    loopback = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return {**common, **loopback, "spark.master": f"local[{cores}]"}


def _master_is_named() -> bool:
    """True when spark-submit, or the environment that stands for it, says where to run."""
    return "PYSPARK_GATEWAY_PORT" in os.environ or "--master" in os.environ.get("PYSPARK_SUBMIT_ARGS", "")


def _check_installed() -> None:
    if find_spec("pyspark") is None:
        raise ConfigError(NO_PYSPARK)
    home = os.environ.get("JAVA_HOME")
    if not (home and (Path(home) / "bin" / "java").is_file()) and shutil.which("java") is None:
        raise ConfigError(NO_JAVA)

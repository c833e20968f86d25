"""Settings and jobs in one object: what the page and the REST interface are built on."""

from __future__ import annotations

from dataclasses import dataclass

from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.store import Store
from swishdemo.settings import Settings
from swishdemo.timing import hardware


@dataclass(frozen=True, slots=True)
class Lab:
    """One server's settings and jobs."""

    settings: Settings
    manager: JobManager

    @classmethod
    def open(cls, settings: Settings) -> Lab:
        """Open the store and make ready to run jobs; starts no process yet.

        Raises:
            swishdemo.jobs.store.StoreError: The database cannot be opened.
        """
        runner = ProcessRunner(settings.threads)
        return cls(settings, JobManager(settings, Store(settings.data_dir), runner))

    @property
    def device(self) -> str:
        """Where a job runs that does not choose, as far as is known without PyTorch."""
        if self.settings.device != "auto":
            return self.settings.device
        return "cuda" if hardware.gpu_model() else "cpu"

    def close(self) -> None:
        """End every job and close the store."""
        self.manager.close()

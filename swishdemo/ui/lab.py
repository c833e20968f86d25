"""Holds what tabs and routes work on: the server's settings, its jobs and its claims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from swishdemo import hardware
from swishdemo.activations.typed.formula_process import (
    FormulaProcess,
    formula_process,
    study_process,
)
from swishdemo.claims.evaluate import ClaimEvaluator
from swishdemo.errors import unknown_choice
from swishdemo.jobs.job import Runner
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Lab:
    """One running Swish Lab.

    Attributes:
        settings: What the environment sets.
        manager: Starts, queues, stops and stores jobs.
        claims: Holds the article's claims against evidence.
    """

    settings: Settings
    manager: JobManager
    claims: ClaimEvaluator

    @classmethod
    def open(cls, settings: Settings, runner: Runner | None = None) -> Lab:
        """Open the store, and read of it what the claims need.

        Starts a process where the system shows a GPU, to learn whether it can be used: the page
        says so.

        Args:
            settings: What the environment sets.
            runner: Where jobs run; None for worker processes.

        Raises:
            SettingsError: It cannot, and the settings leave no other device.
        """
        manager = JobManager.open(settings, runner)
        manager.hardware.settle()
        try:
            hardware.check(settings)
        except SettingsError:
            manager.close()
            raise
        claims = ClaimEvaluator(manager)
        claims.read_ahead()
        return cls(settings, manager, claims)

    @property
    def unkept(self) -> str | None:
        """The key of the sentence why jobs do not outlive a restart; None where they do."""
        if self.manager.unkept:
            return f"shell.unkept.{self.manager.unkept}"
        return "shell.unkept.space" if self.settings.ephemeral else None

    @property
    def formulas(self) -> FormulaProcess:
        """Where formulas that visitors type are worked out."""
        return formula_process(self.settings.formula_seconds)

    @property
    def studies(self) -> FormulaProcess:
        """Where what takes longer is worked out: many points, all landmarks, narrow types."""
        return study_process(self.settings.formula_seconds)

    def go_on(self, job_id: str, wish: object, visitor: str) -> str:
        """Let a job work on, called by an event of Gradio's queue; the job that does.

        Args:
            job_id: The job.
            wish: ``resume``, ``step`` (to its next report), ``cpu``: resume it on the CPU, or
                ``again``: begin one of the same settings, but for a table, which is not kept.
            visitor: Who asks.

        Raises:
            UserError: It cannot, or the wish is another one.
        """
        if wish == "again":
            job = self.manager.readable(job_id, visitor)
            settings = {name: value for name, value in job.config.items() if name != "csv"}
            return self.manager.submit(job.kind, settings, visitor).id
        wishes: dict[str, Callable[[str, str], object]] = {
            "resume": self.manager.resume,
            "step": self.manager.step,
            "cpu": partial(self.manager.resume, device="cpu"),
        }
        if not isinstance(wish, str) or wish not in wishes:
            raise unknown_choice("wish", wish, wishes)
        wishes[wish](job_id, visitor)
        return job_id

    def close(self) -> None:
        """End every job and close the store."""
        self.claims.close()
        self.manager.close()
        self.formulas.close()
        self.studies.close()

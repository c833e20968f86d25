"""Trains many replicas of a network together: config, reports, recipes.

- `config`, `request`: what may be asked for; `recipes`: what is worth it.
- `architecture`: what follows from it.
- `report`, `summary`: what a run tells; `in_words`: the same in words; `intervals`: how sure
  a mean over seeds is.
- `run`: the run itself; `placement`: where it is computed, and how much at a time; `engine`: its
  computation; `probes`: what is found out about its networks; `reporting`: all of it in reports;
  `reference`: one network in plain PyTorch. These load torch, the others do not.
- `script`: the reference's own lines as the script of a run.
- `sweep`: many runs as one job; `sweep_results`: what it tells.
"""

from swishdemo.training.config import TrainingConfig, replicas, report_steps
from swishdemo.training.recipes import Recipe, nearest, recipes
from swishdemo.training.report import Report
from swishdemo.training.request import parse_run
from swishdemo.training.summary import summarise

__all__ = [
    "Recipe",
    "Report",
    "TrainingConfig",
    "nearest",
    "parse_run",
    "recipes",
    "replicas",
    "report_steps",
    "summarise",
]

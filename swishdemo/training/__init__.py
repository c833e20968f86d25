"""Trains many replicas of a network together: config, reports, recipes.

- `config`, `request`: what may be asked for; `recipes`: what is worth it.
- `architecture`: what follows from it.
- `report`, `summary`, `convergence`: what a run tells.
- `run`: the run itself; `engine`: its computation; `probes`: what its reports are made from;
  `reference`: one network in plain PyTorch. These load torch, the others do not.
- `script`: the reference's own lines as the script of a run, by `tailor`.
- `sweep`, `grid_text`: many runs as one job, and how they are typed; `sweeping`: the training of
  them; `sweep_row`, `sweep_effects`, `sweep_export`: what it tells. `in_words`: settings in words.
"""

from swishdemo.training.config import Replica, TrainingConfig, replicas, report_steps
from swishdemo.training.recipes import Recipe, nearest, recipes
from swishdemo.training.report import Report, Tick
from swishdemo.training.request import parse_run
from swishdemo.training.summary import summarise

__all__ = [
    "Recipe",
    "Replica",
    "Report",
    "Tick",
    "TrainingConfig",
    "nearest",
    "parse_run",
    "recipes",
    "replicas",
    "report_steps",
    "summarise",
]

"""Many replicas of a tiny network, trained together: config, reports, recipes.

The training itself is `swishdemo.training.train.train`; importing it loads torch, this does not.
"""

from swishdemo.training.config import Replica, TrainingConfig, replicas, report_steps
from swishdemo.training.fields import Field
from swishdemo.training.recipes import Recipe, recipes
from swishdemo.training.report import Report, Tick
from swishdemo.training.summary import summarise
from swishdemo.training.table import fields

__all__ = [
    "Field",
    "Recipe",
    "Replica",
    "Report",
    "Tick",
    "TrainingConfig",
    "fields",
    "recipes",
    "replicas",
    "report_steps",
    "summarise",
]

"""What a training run looks like: β, the race of the activations, what goes on inside."""

from swishdemo.figures.series import Picked
from swishdemo.figures.training.compare import compare_figures, race_figure
from swishdemo.figures.training.inside import (
    BARRED_LAYERS,
    curve_figure,
    inputs_figure,
    layers_figure,
    surface_figure,
)
from swishdemo.figures.training.learned_parameters import (
    beta_figure,
    conserved_figure,
    convergence_figure,
    ends_figure,
    own_figure,
)
from swishdemo.figures.training.main_effects import effects_figure

__all__ = [
    "BARRED_LAYERS",
    "Picked",
    "beta_figure",
    "compare_figures",
    "conserved_figure",
    "convergence_figure",
    "curve_figure",
    "effects_figure",
    "ends_figure",
    "inputs_figure",
    "layers_figure",
    "own_figure",
    "race_figure",
    "surface_figure",
]

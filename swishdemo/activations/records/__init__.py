"""The table of all activation functions. Adding one here adds it to every tab, test and menu.

A record of the family ``gated`` called ``lisht`` has its formula in the function ``lisht`` of
:mod:`swishdemo.activations.formulas.gated`, its PyTorch form, where PyTorch has none, in that of
:mod:`swishdemo.activations.forms.gated`, and what it is for in the text catalogue under
``activations.purpose.lisht``. The colours have a contrast of at least 4.5 : 1 on their ground
(#ffffff or #1b1d21); lines of one dash differ in colour for every kind of colour vision.
"""

from swishdemo.activations.record import Activation
from swishdemo.activations.records import bounded, gated, periodic, rectified, shrinkage, soft

RECORDS: tuple[Activation, ...] = (
    *gated.RECORDS,
    *rectified.RECORDS,
    *soft.RECORDS,
    *bounded.RECORDS,
    *shrinkage.RECORDS,
    *periodic.RECORDS,
)

"""Finds out about the networks of a run, for its reports.

- `scores`: the test set, and what units do there; `conserved`: what gradient flow conserves.
- `views`: a look into a few replicas; `reporting`: all of it in one report.
"""

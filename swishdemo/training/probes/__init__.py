"""Finds out about the networks of a run, for its reports.

- `scores`: the test set, what units do there, and what gradient flow conserves.
- `views`: a look into a few replicas; `reporting`: all of it in one report.
"""

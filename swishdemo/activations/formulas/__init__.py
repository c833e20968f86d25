"""The formulas of the registry, each as its authors wrote it: one module a family.

The modules load SymPy: a record's ``expression`` imports its own when it is called.
"""

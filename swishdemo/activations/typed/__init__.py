"""Formulas that a visitor types, from text to a record, worked out in a process of its own."""

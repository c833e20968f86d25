"""Formulas as SymPy has them: their functions, rewriting, derivatives, and printing."""

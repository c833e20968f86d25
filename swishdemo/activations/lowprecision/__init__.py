"""What formulas lose in narrow floating types."""

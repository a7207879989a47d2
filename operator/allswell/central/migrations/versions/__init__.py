"""Hold one module per step, named by its revision."""

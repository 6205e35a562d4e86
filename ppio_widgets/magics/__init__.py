"""IPython: ``%ppio_launch``, ``%ppio``, and what Tab puts into their lines."""

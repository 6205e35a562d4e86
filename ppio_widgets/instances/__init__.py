"""An instance that exists: watch it, act on it, stop it in time, list it."""

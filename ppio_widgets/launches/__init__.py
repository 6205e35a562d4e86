"""From a plan to one instance, at most once: the launch, its record, and what became of it."""

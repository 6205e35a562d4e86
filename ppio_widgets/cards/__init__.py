"""Plans, launches, instances and lists as text and static HTML."""

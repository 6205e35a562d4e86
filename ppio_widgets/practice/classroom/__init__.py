"""A class on the practice cloud: its lesson, its students, what is judged, and what is written down."""

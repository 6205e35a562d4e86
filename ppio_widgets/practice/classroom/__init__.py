"""A class on the practice cloud: its lesson, its students, its judge, the teacher's page."""

"""Text to body and back: JSON, curl, Python, docker and env files."""

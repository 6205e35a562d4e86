"""The wire, and its answers as plain values."""

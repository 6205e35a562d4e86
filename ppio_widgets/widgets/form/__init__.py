"""The form: its sections, controls, preview and price."""

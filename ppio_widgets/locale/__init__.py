"""Every word to people, in English and 中文; text made harmless."""

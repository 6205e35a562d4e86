"""The language of ``%ppio_launch``: its tokens, options, parser and help."""

"""The language of ``%ppio_launch``: its tokens, options, parser, writer and help."""

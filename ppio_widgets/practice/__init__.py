"""The pretend cloud: the same wire, no money, and any practice key is an account of its own."""

"""Keys and other secrets: whence they come, whither they may go, how they look, how they are hidden."""

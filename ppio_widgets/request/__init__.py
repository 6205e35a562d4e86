"""The body of "create instance", and all that can be judged of it without a network."""

"""What this package relies on, looked at and compared with the contract; nothing is changed."""

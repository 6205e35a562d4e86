"""How fast, and how much: measured side by side with peers, in one run.

`peers` holds the forms, `kernel_side`, `real_kernel`, `in_lab`, `starting`, `launching`,
`catalogue` and `lasting` measure, `targets` compares, `report` writes `RESULTS.md`.
Nothing here is a test: a time depends on the machine, and nothing fails on one.
"""

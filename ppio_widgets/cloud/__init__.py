"""The WIRE: which host, which key, the client, and the shapes of its answers.

Here alone (and in ``practice``) httpx is imported. What is learnt on the wire
leaves as plain values: a `Verdict` for the one billed call, an `InstanceInfo`
for the others. Nothing here may know a widget, a notebook or a thread.
"""

"""From a request to a machine: plan, the one submission, following it.

`plan` says what would be sent and where, `launch` sends it once on a thread of
its own and follows it, `session` is what a form observes; `instance` is what came of
it, `watcher` looks at all of them. No httpx here (the
wire answers with a `Verdict`) and no widget.
"""

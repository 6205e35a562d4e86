"""The form: ipywidgets views of a `LaunchSession`; they keep no data of their own.

`launch_form` puts it together, `sections` says which field stands where, `fields`
and `rows` are the controls, `readout` the preview with errors and blockers,
`controls` the way from the button to the machine, `machine` and `board` show what is
there, `theme` all looks. No network,
no thread, no IPython here.
"""

from __future__ import annotations

from ppio_widgets.form.launch_form import LaunchForm

__all__ = ["LaunchForm"]

"""WHAT is sent, and all that can be said about it without a network.

Models of the body (`models`), what a person typed (`draft`), the check between
the two (`check`), the table of options (`options`), the line that they are typed on
(`line`, its words by `tokens`), and the JSON text (`faces`). Nothing here may import httpx, a
widget, IPython or a clock.
"""

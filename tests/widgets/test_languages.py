"""Whoever reads one language is shown no other: what stands in form, card, board and line, in both."""

from html.parser import HTMLParser

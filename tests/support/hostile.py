"""33 kinds of hostile text, and what is said of all of them; no test and no kernel is needed for it."""

from __future__ import annotations

import json
import re

# What runs leaves a mark, and `evil.example` is asked for nothing: a browser test looks at both.
TEXTS: dict[str, str] = {
    # what ends a text and begins code
    "script": "<script>pwned=1</script><ScRiPt src=//evil.example/x.js></sCrIpT >",
    "image": '<img src=x onerror="pwned=1">',
    "drawing": "<svg/onload=pwned=1><animate onbegin=pwned=1 attributeName=x dur=1s></svg>",
    "frame": '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe><object data=//evil.example>',
    "javascript url": 'javascript:pwned=1// javascript://x%0apwned=1 <a href="javascript:pwned=1">look</a>',
    "double quote": '" autofocus tabindex=1 onfocus="pwned=1" x="',
    "single quote": "' autofocus tabindex=1 onfocus='pwned=1' x='",
    "end of style": '</style><img src="//evil.example/style.png" onerror=pwned=1>',
    "end of area": '</textarea></TEXTAREA ><img src=x onerror="pwned=1">',
    "end of text": "</pre></i></li></ul><details open ontoggle=pwned=1><input autofocus onfocus=pwned=1>",
    "style": '"}*{background:url(//evil.example/a)}@import "//evil.example/a.css";x{y:expression(pwned=1)',
    "style escapes": '\\22 \\7d \\3c/style\\3e \\"} body{display:none} \\',
    "comment": "--><img src=x onerror=pwned=1><!--",
    "entities": "&lt;img src=x onerror=pwned=1&gt; &#60;script&#x3e; &quot; &amp;amp; &colon;&NewLine;&zwj;",
    "half a tag": "<img src=x onerror=pwned=1 a=",
    "other grammars": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x "
    "onerror=pwned=1&gt;'> ]]><![CDATA[<?php <%= ?>",
    "template": "{{7*7}} ${7*7} #{7*7} <%= 7*7 %> {name} {0.__class__} %s %(name)s $HOME",
    # what a terminal or a reader's eye obeys
    "colours": "\x1b[31;1mred\x1b[0m \x1b[2J\x1b]0;title\x07 \x1bc",
    "terminal link": "\x1b]8;;https://evil.example/osc\x1b\\safe\x1b]8;;\x1b\\ \x1b]52;c;ZXZpbA==\x07",
    "backspaces": "ubuntu\b\b\b\b\b\bdebian\x7f\x7f",
    "line breaks": "first\r\nsecond\rover\n\nUsageError: forged\x0bv\x0cf\x1cs\x85n\u2028l\u2029p",
    "null": "before\x00after\x01\x02\x1f",
    "upper controls": "\x9b31mred\x9d8;;https://evil.example/c1\x9csafe\x90",
    "direction": "\u202egnp.exe\u202c \u2066a\u2069 \u200f\u200e\u061c invoice",
    "no width": "pa\u200bss\u200cwo\u2060rd\ufeff\u00ad \u180e",
    # what a notebook makes something of
    "formula": "$x^2$ $$\\href{javascript:pwned=1}{y}$$ \\(z\\) \\[w\\] \\begin{equation}q\\end{equation}",
    "markdown": "[x](javascript:pwned=1) ![x](https://evil.example/m.png) <https://evil.example/m> **b** `c`",
    "paths": "/etc/passwd:1 ~/.ssh/id_rsa file:///etc/passwd ./hostile.json:3 C:\\Windows\\x ../../up",
    "urls": "https://evil.example/u?a=1&b=2 www.evil.example ftp://evil.example data:text/html,<b>x",
    "long word": "W" * 4000,
    "half characters": "\ud800 and \udfff and \udc80",
    "look-alikes": "＜script＞pwned=1＜/script＞ раураl Z"
    + "\u0301\u0489" * 40
    + " 👩\u200d👩\u200d👧 🏴\U000e0067\U000e007f",
    "mime": '{"application/javascript": "pwned=1", "text/html": "<script>pwned=1</script>"} IPY_MODEL_0 !ls',
}

# Control and direction characters, and halves of characters: none may be shown as it is.
ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def spelt(text):
    """Return a text as it is to be read in the preview: as JSON, and what could act as an escape."""
    return ACTING.sub(lambda char: json.dumps(char[0])[1:-1], json.dumps(text, ensure_ascii=False))

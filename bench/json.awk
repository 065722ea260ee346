# Read dcheck's JSON document and print, separated by tabs, from the first entry of "checks":
# verdict, distinct, generated, depth, seconds, memory_bytes, execution; then the number of entries.
# A field that is missing prints as "-".

{ text = text $0 "\n" }

function token(pattern,    found) {
    if (!match(text, pattern)) return ""
    found = substr(text, 1, RLENGTH)
    text = substr(text, RLENGTH + 1)
    return found
}

# The value of the member or element at `path` is complete.
function value(v) {
    at[path[level]] = v
    if (kind[level] == "[") { count[level]++; path[level] = base[level] "." count[level] }
}

function open(k) {
    level++
    kind[level] = k; base[level] = path[level - 1]; count[level] = 0
    path[level] = base[level] (k == "[" ? ".0" : "")
    key_next = (k == "{")
}

function close_(    n) {
    n = count[level]
    level--
    value("(" n ")")
    key_next = 0
}

function show(name) { return (("checks.0." name) in at) ? at["checks.0." name] : "-" }

END {
    level = 0; path[0] = ""
    while (1) {
        token("^[ \t\r\n]+")
        if (text == "") break
        c = substr(text, 1, 1)
        if (c == "{" || c == "[") { text = substr(text, 2); open(c) }
        else if (c == "}" || c == "]") { text = substr(text, 2); close_() }
        else if (c == ",") { text = substr(text, 2); key_next = (kind[level] == "{") }
        else if (c == ":") { text = substr(text, 2); key_next = 0 }
        else if (c == "\"") {
            s = token("^\"([^\"\\\\]|\\\\.)*\"")
            if (s == "") break
            s = substr(s, 2, length(s) - 2)
            gsub(/\t/, " ", s)
            if (key_next) path[level] = base[level] (base[level] == "" ? "" : ".") s
            else value(s)
        } else {
            s = token("^[-+.0-9A-Za-z]+")
            if (s == "") break
            value(s)
        }
    }
    n = ("checks" in at) ? at["checks"] : "(0)"
    gsub(/[()]/, "", n)
    printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", show("verdict"), show("distinct"), show("generated"), show("depth"), \
        show("seconds"), show("memory_bytes"), show("execution"), n
}

# Commands of a Markdown page with what is printed below them, a record each: line, command, expected lines, separated by \034, its end
# marked by \036. Commands are indented or fenced; `$ tessera …` comes with what it prints, and `tessera …` without. One that names a thing
# in [brackets] or has … is a synopsis. The comment `<!-- not run: why -->` before a block leaves the block out.
function flush() {
    if (command != "") printf "%d\034%s\034%s\036", start, command, expected
    command = expected = ""; blanks = 0; continued = 0
}
/^ *<!-- not run: .* -->$/ { flush(); skipping = 1; next }
/^```/ { flush(); fenced = !fenced; if (!fenced) skipping = 0; next }
{
    match($0, /^ */); indent = RLENGTH; text = substr($0, indent + 1)
    if (!fenced && indent < 4 && text != "") { flush(); if (!(skipping && !seen)) skipping = 0; seen = 0; next }
    if (skipping) { if (text != "") seen = 1; next }
    if (continued) { command = substr(command, 1, length(command) - 1) text; continued = command ~ /\\$/; next }
    if (text ~ /^\$ /) {
        flush(); start = FNR; prompt = indent; bare = 0
        if (text ~ /^\$ tessera /) { command = substr(text, 3); continued = command ~ /\\$/ }
    } else if (text ~ /^tessera [a-z]/ && (command == "" || bare)) {
        flush(); bare = 1
        if (text ~ /\[-|…|\||^tessera [a-z]+ [A-Z]+( |$)/) next
        start = FNR; command = text; continued = command ~ /\\$/
    } else if (command != "" && text == "") {
        blanks++
    } else if (command != "" && blanks && indent < prompt) {
        flush()
    } else if (command != "") {
        expected = expected text "\n"
    }
}
END { flush() }

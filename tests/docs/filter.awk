# filter.awk - turns the comments of ptm's headers into Doxygen's; Doxygen's INPUT_FILTER.
#
#   // name - sentence.             ->  a comment of the entity below; names are left out when they are the entity's own
#   //   returns  text              ->  \returns text
#   //   faults   text              ->  \par Faults; so are cost, errors, source, thread
#   //   parameter  text            ->  \param or \tparam if the entity has it, else an item of a list
#   //   anything else, indented    ->  verbatim: drawings, code
#   // room/header.hpp - sentence.  ->  the comment of the file, and of its class called `header` if that has none
#   int member; // text             ->  the comment of the member
#
# A comment with nothing right below it, or with a ruler or a static_assert, is of no entity and stays what it is. Only
# what stands in namespaces, classes and enumerations is looked at. Works in every POSIX awk.

{ lines[++count] = $0 }

END {
    for (at = 1; at <= count;) at = is_comment(lines[at]) ? block(at) : code(at)
}

function is_comment(line) { return line ~ /^ *\/\/( |$)/ }

# ---- scopes: n namespace, c class, e enumeration, o other -----------------------------------------------------------

function open_to_docs() { return scopes == "" || substr(scopes, length(scopes)) ~ /[nce]/ }

# kind_of - what a brace opens behind the text of a statement.
function kind_of(text) {
    if (text ~ /(^|[ ;])(namespace|extern "C")[^();=]*$/) return "n"
    if (text ~ /(^|[ ;])enum [^();=]*$/) return "e"
    if (text ~ /(^|[ ;>])(class|struct|union) / && text !~ /[)=] *$/ && text !~ /\) (const )?noexcept *$/) return "c"
    return "o"
}

# bare - a line without comment, strings and characters.
function bare(line) {
    gsub(/\\./, "", line)
    gsub(/"[^"]*"/, "\"\"", line)
    gsub(/'[^']'/, "' '", line)
    sub(/\/\/.*/, "", line)
    return line
}

function track(line,    i, c) {
    if (line ~ /^#/ || goes_on) {
        goes_on = line ~ /\\$/
        return
    }
    line = bare(line)
    for (i = 1; i <= length(line); ++i) {
        c = substr(line, i, 1)
        if (c == "(") ++parens
        if (c == ")") --parens
        if (c == "{") {
            scopes = scopes (parens ? "o" : kind_of(statement))
            statement = ""
        } else if (c == "}") {
            scopes = substr(scopes, 1, length(scopes) - 1)
            statement = ""
        } else if (c == ";") {
            statement = ""
        } else {
            statement = statement c
        }
    }
    statement = statement " "
}

# code - a line of it; its comment at the end is the member's, where the statement ends.
function code(at,    line, before, text) {
    if (scopes == "n" && is_subject(at)) describe_subject()
    line = lines[at]
    before = scopes
    if (line !~ /^ *(static_assert|using namespace|friend|#|\}|public:|private:)/ && open_to_docs() && scopes != "" &&
        match(line, /[;,}] +\/\/ /) && line !~ /\/\/ (clang-format|NOLINT)/) {
        text = substr(line, RSTART + RLENGTH)
        line = substr(line, 1, RSTART) " "
        track(line)
        print scopes == before && !parens ? line "///< " escaped(text) : lines[at]
    } else {
        track(line)
        print line ~ /^#pragma once/ ? "" : line
    }
    if (in_group && (at == count || lines[at + 1] ~ /^ *$|^ *\}/) && scopes == group_scopes) end_group()
    return at + 1
}

# begin_group - Doxygen distributes the comment of the first member to all (DISTRIBUTE_GROUP_DOC).
function begin_group(indent) {
    if (in_group) return
    print indent "/** @{ */"
    in_group = 1
    group_scopes = scopes
}

# is_subject - does the class that the file is named after begin here, without a comment of its own?
function is_subject(at,    begins) {
    if (!head_last || is_comment(lines[at - 1]) || statement ~ /[^ ]/) return 0
    begins = entity_from(at)
    sub(/^ *template <.*> +/, "", begins)
    return begins ~ ("^ *(class|struct) " subject " *$")
}

function describe_subject(    text) {
    text = lines[1]
    sub(/^[^-]* - /, "", text)
    put_line("\\brief " escaped(text))
    put_head(head_last)
    head_last = 0
}

function end_group() {
    print "/** @} */"
    in_group = 0
}

# ---- comments ------------------------------------------------------------------------------------------------------

# block - the comment from line `first` on.
#   returns  the line behind it
function block(first,    last, i) {
    for (last = first; last < count && is_comment(lines[last + 1]);) ++last
    if (first == 1 && lines[1] ~ /^\/\/ [a-z_]+(\/[a-z_0-9]+)?\.hpp - /) {
        describe_file(last)
    } else if (is_documentation(first, last)) {
        describe_entity(first, last)
    } else {
        for (i = first; i <= last; ++i) print lines[i]
    }
    return last + 1
}

function is_documentation(first, last,    next_line) {
    next_line = last < count ? lines[last + 1] : ""
    if (!open_to_docs() || parens || statement !~ /^ *([^ ].*[,:] *)?$/) return 0
    if (lines[first] ~ /^ *\/\/ ?----/) return 0
    return next_line !~ /^ *$|^ *(static_assert|friend|using namespace|public:|private:|\}|\{)|^#(if|else|endif|undef|include|pragma)/
}

function content(line) {
    sub(/^ *\/\/ ?/, "", line)
    return line
}

function describe_file(last,    text, i) {
    text = content(lines[1])
    sub(/^[^ ]* - /, "", text)
    put_line("\\file")
    put_line("\\brief " escaped(text))
    head_last = last
    subject = lines[1]
    sub(/\.hpp - .*/, "", subject)
    sub(/.*[\/ ]/, "", subject)
    put_head(last)
}

# put_head - the comment of the file, but for its first line.
function put_head(last,    i) {
    begin_text("")
    for (i = 2; i <= last; ++i) put(content(lines[i]), i < last ? content(lines[i + 1]) : "")
    end_text()
}

function describe_entity(first, last,    indent, declaration, text, names, i) {
    indent = lines[first]
    sub(/\/\/.*/, "", indent)
    declaration = entity_from(last + 1)
    begin_text(declaration)
    text = content(lines[first])
    names = names_in(text)
    if (several(first, last)) begin_group(indent)
    else if (names != "" && names !~ /,/ && index(" " declaration, names)) sub(/^[^ ]+ - */, "", text)
    else if (names == "" && text ~ /^[a-z_0-9]+$/ && index(declaration, text)) text = ""
    if (text == "" || is_section(text)) put(text, "")
    else put_line("\\brief " escaped(text))
    for (i = first + 1; i <= last; ++i) put(content(lines[i]), i < last ? content(lines[i + 1]) : "")
    end_text()
}

# names_in - "name" or "name, name" before a dash; empty: there is none.
function names_in(text) {
    if (text !~ /^[A-Za-z_0-9~]+(\(\))?(<[A-Za-z, ]*>)?(, [A-Za-z_0-9]+)* - /) return ""
    sub(/ - .*/, "", text)
    sub(/[<(].*/, "", text)
    return text
}

# several - does the comment speak of more names than one? Then it is for all entities up to the next empty line.
function several(first, last,    i, text) {
    for (i = first; i <= last; ++i) text = text " " content(lines[i])
    text = substr(text, 2)
    if (text ~ /^[A-Za-z_0-9]+, [^-.]* - /) return 1
    return text ~ /^[A-Za-z_0-9]+ - .*\. [a-z_0-9, ]+ - /
}

# entity_from - the declaration that begins on line `at`, up to its brace or semicolon.
function entity_from(at,    text, line, depth, i, c) {
    for (; at <= count; ++at) {
        line = lines[at]
        if (line ~ /^#/) return line
        if (is_comment(line)) continue
        line = bare(line)
        for (i = 1; i <= length(line); ++i) {
            c = substr(line, i, 1)
            if (c == "(") ++depth
            if (c == ")") --depth
            if (!depth && (c == ";" || c == "{")) return text
            text = text c
        }
        text = text " "
    }
    return text
}

# parameter_kind - param, tparam, or nothing: what `name` is to the entity.
function parameter_kind(name,    text, list) {
    text = entity
    if (text ~ /^ *template *</) {
        list = text
        sub(/> *[^<>,]*\(.*/, "", list)
        if (list ~ ("[ .]" name "( *=[^,]*)?(,|>|$)")) {
            if (text !~ ("[ .&*]" name " *(=[^,)]*)?[,)]")) return "tparam"
        }
    }
    sub(/^[^(]*/, "", text)
    return text ~ ("[ &*]" name " *(=[^,]*)?[,)]") ? "param" : ""
}

# ---- the text of a comment -----------------------------------------------------------------------------------------

# A comment is written without indentation: Markdown would see code in it.
function begin_text(of) {
    entity = of
    state = "text"
}

function put_line(text) {
    gsub(/\*\//, "* /", text)
    written = written (written == "" ? "/** " : "\n") text
}

function end_text() {
    print written " */"
    written = ""
}

function is_section(text) { return text ~ /^ *(returns|faults|cost|thread|source|errors)  +[^ ]/ }

# put - one line; what comes after it decides whether a drawing ends.
function put(text, following) {
    if (state == "verbatim") return put_verbatim(text, following)
    if (is_section(text)) return put_section(text)
    if (text ~ /^ +[^ ]/ && (state == "section" || state == "item") && indent_of(text) >= hang - 1)
        return put_line("  " escaped(trimmed(text)))
    if (text ~ /^  +- /) {
        state = "list"
        return put_line(escaped(text))
    }
    if (text ~ /^  +[A-Za-z_][A-Za-z_0-9]*(\([a-z]*\))?  +[^ ]/ && !is_drawing(text, following)) return put_item(text)
    if (text ~ /^  +[^ ]/ && state == "list") return put_line(escaped(text))
    if (text ~ /^  +[^ ]/) return begin_verbatim(text, following)
    if (text != "" && state != "text") {
        state = "text"
        put_line("")
    }
    if (text == "") state = "text"
    put_line(escaped(text))
}

function indent_of(text) {
    match(text, /^ */)
    return RLENGTH
}

function trimmed(text) {
    sub(/^ +/, "", text)
    return text
}

# is_drawing - lines like "bin     front        back" that look like a parameter.
function is_drawing(text, following) {
    if (entity != "" && parameter_kind(first_word(text)) != "") return 0
    return text ~ /\|| [<]?->|--?[+]|   .*   [^ ]*   / || following ~ /\| |<->|\+--|  +\^/
}

function first_word(text) {
    text = trimmed(text)
    sub(/[ (].*/, "", text)
    return text
}

# hang - the column at which the text of an item begins: its other lines are indented as far.
function after_word(text) {
    match(text, /^ *[^ ]+ +/)
    hang = RLENGTH
    return substr(text, RLENGTH + 1)
}

function put_section(text,    word) {
    word = first_word(text)
    text = escaped(after_word(text))
    state = "section"
    if (word == "returns" && entity ~ /\(/ && entity !~ /^#/) return put_line("\\returns " text)
    put_line("\\par " toupper(substr(word, 1, 1)) substr(word, 2))
    put_line(text)
}

function put_item(text,    word, kind, shown) {
    shown = trimmed(text)
    sub(/  .*/, "", shown)
    word = first_word(text)
    kind = entity == "" ? "" : parameter_kind(word)
    text = escaped(after_word(text))
    state = "item"
    if (kind != "") put_line("\\" kind " " word " " text)
    else put_line("- **" escaped(shown) "** &mdash; " text)
}

function begin_verbatim(text, following) {
    put_line("\\verbatim")
    state = "verbatim"
    put_verbatim(text, following)
}

function put_verbatim(text, following) {
    put_line(text)
    if (following ~ /^  +[^ ]/) return
    put_line("\\endverbatim")
    state = "text"
}

# escaped - text in which nothing is a command of Doxygen or Markdown but `code`.
function escaped(text,    parts, n, i, out) {
    n = split(text, parts, "`")
    for (i = 1; i <= n; ++i) {
        if (i > 1) out = out "`"
        if (i % 2 == 0 && i < n) {
            out = out parts[i]
            continue
        }
        gsub(/[\\@#<>&%$*]/, "\\\\&", parts[i])
        out = out parts[i]
    }
    return out
}

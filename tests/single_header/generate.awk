# generate.awk - ptm as one header, and the replacements of malloc and operator new beside it.
#
#   awk -v root=<source tree> -v to=<folder> -f generate.awk <header>...
#
#   header   every header of the library, as written in #include <ptm/...>
#   to       ptm.hpp               all of them but those called replace_*: first what ptm/ptm.hpp includes, then the rest
#            ptm_replace_<x>.hpp   the others, one file each; these include "ptm.hpp" beside them
#
# An include of ptm is replaced by the header, each header once, so that all stand in the order of their dependencies.
# All other includes go to the top, unless they depend on an #if. Whatever the order of the arguments, the result is the
# same. Works in every POSIX awk.

BEGIN {
    read_version()
    for (i = 1; i < ARGC; ++i)
        if (is_replacement(ARGV[i])) replacements[++replacement_count] = ARGV[i]
        else headers[++header_count] = ARGV[i]
    sort(headers, header_count)
    sort(replacements, replacement_count)

    begin_file()
    add("ptm/ptm.hpp", 0)
    for (i = 1; i <= header_count; ++i) add(headers[i], 0)
    write("ptm.hpp", "ptm, the policy-templated malloc, in one header")

    for (i = 1; i <= replacement_count; ++i) {
        begin_file()
        own[quoted("ptm.hpp")]
        add(replacements[i], 0)
        write(name_of(replacements[i]), "belongs to ptm.hpp: include it in one source file alone")
    }
    exit failed
}

# ---- reading -------------------------------------------------------------------------------------------------------

function fail(text) {
    print "generate.awk: " text > "/dev/stderr"
    failed = 1
    exit 1
}

function is_replacement(header) { return header ~ /\/replace_[a-z_]+\.hpp$/ }

# name_of - the file that a replacement becomes: ptm/c/replace_new.hpp -> ptm_replace_new.hpp
function name_of(header) {
    sub(/.*\//, "", header)
    return "ptm_" header
}

function quoted(name) { return "#include \"" name "\"" }

function path_of(header) { return root "/include/" header }

function read_version(    line, words, found) {
    while ((getline line < path_of("ptm/core/version.hpp")) > 0)
        if (line ~ /^#define PTM_VERSION_(MAJOR|MINOR|PATCH) /) {
            split(line, words, " ")
            version = version (found++ ? "." : "") words[3]
        }
    close(path_of("ptm/core/version.hpp"))
    if (found != 3) fail("expected three numbers in core/version.hpp, found " found + 0)
}

function begin_file(    key) {
    body = ""
    for (key in system_includes) delete system_includes[key]
    for (key in own) delete own[key]
}

# add - a header, after those that it includes; depth: of includes, to notice a circle.
function add(header, depth,    line, status, conditions, text) {
    if (header in added) return
    if (depth > 200) fail(header ": circular include")
    added[header]
    while ((status = (getline line < path_of(header))) > 0) {
        if (line ~ /^#[ \t]*if/) ++conditions
        if (line ~ /^#[ \t]*endif/) --conditions
        if (line ~ /^#[ \t]*pragma[ \t]+once/) continue
        if (line ~ /^#[ \t]*include[ \t]*[<"]/) line = take_include(header, line, conditions, depth)
        else line = line "\n"
        if (line != "\n" || text !~ /\n\n$/) text = text line
    }
    if (status < 0) fail("cannot read " path_of(header))
    close(path_of(header))
    body = body "\n// ---- include/" header " ----\n\n" text
}

# take_include - notes what an include needs.
#   returns  what stays in its place
function take_include(header, line, conditional, depth,    name) {
    name = line
    sub(/^[^<"]*[<"]/, "", name)
    sub(/[>"].*/, "", name)
    if (name !~ /^ptm\//) {
        if (conditional) return line "\n"
        system_includes[name]
    } else if (is_replacement(name)) {
        own[quoted(name_of(name))]
    } else if (!(name in added)) {
        if (conditional) fail(header ": expected includes of ptm outside of #if, found " name)
        add(name, depth + 1)
    }
    return ""
}

# ---- writing -------------------------------------------------------------------------------------------------------

function sort(list, n,    i, j, item) {
    for (i = 2; i <= n; ++i) {
        item = list[i]
        for (j = i - 1; j > 0 && list[j] > item; --j) list[j + 1] = list[j]
        list[j + 1] = item
    }
}

# includes_of - the includes of one kind: the standard library, the system, others.
function includes_of(kind,    name, list, n, i, text) {
    for (name in system_includes)
        if ((name !~ /[.\/]/ ? 1 : name ~ /^boost\// ? 3 : 2) == kind) list[++n] = name
    sort(list, n)
    for (i = 1; i <= n; ++i) text = text "#include <" list[i] ">\n"
    return text == "" ? "" : text "\n"
}

function own_includes(    line, list, n, i, text) {
    for (line in own) list[++n] = line
    sort(list, n)
    for (i = 1; i <= n; ++i) text = text list[i] "\n"
    return text == "" ? "" : text "\n"
}

function licence(    line, text) {
    while ((getline line < (root "/LICENSE")) > 0) text = text "//" (line == "" ? "" : " " line) "\n"
    close(root "/LICENSE")
    if (text == "") fail("cannot read " root "/LICENSE")
    return text
}

function write(name, what,    file) {
    file = to "/" name
    printf "// %s - %s.\n//\n// ptm %s. Made from the headers of ptm: change those instead.\n//\n%s#pragma once\n\n",
        name, what, version, licence() > file
    printf "%s%s%s%s%s", own_includes(), includes_of(1), includes_of(2), includes_of(3), substr(body, 2) > file
    close(file)
}

# Writes a history for git fast-import: commits that each rewrite some lines of two files, and one side branch.
function chance(n) { state = (state * 16807) % 2147483647; return int(state / 64) % n }

function blob(file,    i, text) {
    if (!(file in lines)) lines[file] = 60 + chance(200)
    for (i = 0; i < 6; ++i) content[file, chance(lines[file])] = "line " chance(100000) " of " file
    lines[file] += chance(3)
    for (i = 0; i < lines[file]; ++i) text = text ((file, i) in content ? content[file, i] : "line " i) "\n"
    return text
}

function change(file,    text) {
    text = blob(file)
    printf "M 100644 inline directory%d/file%d\ndata %d\n%s\n", file % 10, file, length(text), text
}

function commit(branch, n, from,    message) {
    message = "change number " n
    printf "commit refs/heads/%s\nmark :%d\n", branch, n
    printf "author a%d <a%d@example.test> %d +0000\n", n % 9, n % 9, 1600000000 + n * 600
    printf "committer c <c@example.test> %d +0000\n", 1600000000 + n * 600
    printf "data %d\n%s\n", length(message), message
    if (from) printf "from :%d\n", from
}

BEGIN {
    state = 7
    for (n = 1; n <= commits; ++n) {
        commit("main", n, n - 1)
        change(chance(200))
        change(chance(200))
        print ""
    }
    commit("side", n, int(commits / 2))
    change(1000)
    print "\ndone"
}

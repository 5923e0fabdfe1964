#!/usr/bin/env bash
# readme.bash ROOT - every C++ snippet of the README stands, to the letter, in a file of examples/, where it is compiled.
set -euo pipefail
root=$1
snippets=0

# stands_in_an_example SNIPPET
stands_in_an_example() {
    local file
    for file in "$root"/examples/*.cpp; do
        if [[ $(< "$file") == *"$1"* ]]; then return; fi
    done
    printf 'README.md: this snippet is in no file of examples/:\n%s\n' "$1" >&2
    return 1
}

inside=no
while IFS= read -r line; do
    if [[ $line == '```cpp' ]]; then
        inside=yes snippet=
    elif [[ $line == '```' && $inside == yes ]]; then
        inside=no
        stands_in_an_example "${snippet%$'\n'}"
        snippets=$((snippets + 1))
    elif [[ $inside == yes ]]; then
        snippet+=$line$'\n'
    fi
done < "$root/README.md"
((snippets > 0)) || { echo "README.md: no C++ snippet found" >&2 && exit 1; }
echo "$snippets snippets, all compiled in examples/"

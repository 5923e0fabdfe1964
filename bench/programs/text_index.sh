# An index of words: strings, hash tables, vectors that grow.
needs=(g++:g++)

job() {
    run "$tools/text_index" "$(pick 8000 800)" > sum
}

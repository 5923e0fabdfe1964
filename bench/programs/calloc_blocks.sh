# Cleared blocks of many sizes.
needs=(g++:g++)

job() {
    run "$tools/calloc_blocks" "$(pick 600000 60000)" > sum
}

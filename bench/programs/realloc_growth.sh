# Buffers that grow side by side.
needs=(g++:g++)

job() {
    run "$tools/realloc_growth" "$(pick 1000000 100000)" > sum
}

# Buffers that grow side by side.
needs=(g++:g++)

job() {
    run "$tools/realloc_growth" "$(pick 700000 50000)" > sum
}

# Aligned blocks, by three functions.
needs=(g++:g++)

job() {
    run "$tools/aligned_blocks" "$(pick 5000000 400000)" > sum
}

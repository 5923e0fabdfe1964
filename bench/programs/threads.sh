# Two threads, which also free each other's blocks.
needs=(g++:g++)

job() {
    run "$tools/threads" "$(pick 6000000 600000)" > sum
}

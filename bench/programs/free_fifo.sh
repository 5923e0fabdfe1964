# All blocks are made, then all freed, the oldest first.
needs=(g++:g++)

job() {
    run "$tools/free_order" fifo "$(pick 30 3)" > sum
}

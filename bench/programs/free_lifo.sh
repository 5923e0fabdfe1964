# All blocks are made, then all freed, the youngest first.
needs=(g++:g++)

job() {
    run "$tools/free_order" lifo "$(pick 30 3)" > sum
}

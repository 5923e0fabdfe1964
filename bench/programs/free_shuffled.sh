# All blocks are made, then all freed, in no order.
needs=(g++:g++)

job() {
    run "$tools/free_order" shuffled "$(pick 18 2)" > sum
}

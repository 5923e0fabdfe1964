# Two threads that allocate one size at a time, and free in several orders.
needs=(g++:g++)
measures=wall

job() {
    run "$tools/phases" "$(pick 400000 40000)" 2 > sum
}

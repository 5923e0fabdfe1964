# One thread makes blocks, another one frees them.
needs=(g++:g++)

job() {
    run "$tools/producer_consumer" "$(pick 30000 3000)" > sum
}

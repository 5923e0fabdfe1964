# malloc and free in turn, of sizes the thread cache holds.
needs=(g++:g++)

job() {
    run "$tools/churn_small" "$(pick 60000000 6000000)" > sum
}

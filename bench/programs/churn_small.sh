# malloc and free in turn, of sizes the thread cache holds.
needs=(g++:g++)

job() {
    run "$tools/churn_small" "$(pick 200000000 20000000)" > sum
}

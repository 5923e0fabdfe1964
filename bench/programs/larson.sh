# Two threads replace blocks, end, and leave theirs to the next.
needs=(g++:g++)

job() {
    run "$tools/larson" "$(pick 600 60)" > sum
}

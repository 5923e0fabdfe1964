# Two threads replace blocks, end, and leave theirs to the next.
needs=(g++:g++)
measures=wall

job() {
    run "$tools/larson" "$(pick 600 60)" 2 > sum
}

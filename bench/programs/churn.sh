# Blocks of random sizes, replaced at random.
needs=(g++:g++)

job() {
    run "$tools/churn" "$(pick 12000000 1000000)" > sum
}

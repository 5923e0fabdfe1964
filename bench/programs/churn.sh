# Blocks of random sizes, replaced at random.
needs=(g++:g++)

job() {
    run "$tools/churn" "$(pick 20000000 2000000)" > sum
}

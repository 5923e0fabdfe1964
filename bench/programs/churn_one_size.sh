# Blocks of one size, replaced at random.
needs=(g++:g++)

job() {
    run "$tools/churn_one_size" "$(pick 25000000 2500000)" > sum
}

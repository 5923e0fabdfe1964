# Two threads, each with blocks of its own.
needs=(g++:g++)

job() {
    run "$tools/threads_churn" "$(pick 6000000 600000)" > sum
}

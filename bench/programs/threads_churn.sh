# Two threads, each with blocks of its own.
needs=(g++:g++)
measures=wall

job() {
    run "$tools/threads_churn" "$(pick 20000000 2000000)" 2 > sum
}

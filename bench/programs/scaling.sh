# One thread with blocks of its own, then two of them, thrice: what the second one adds. It has a table of its own.
needs=(g++:g++)
measures=wall

job() {
    local i steps
    export PTM_BENCH_WAIT=0  # nobody asks here what is held
    steps=$(pick 5000000 2500000)
    for i in 1 2 3; do
        run "$tools/threads_churn" "$steps" 1
        run "$tools/threads_churn" "$steps" 2
    done > sums
}

# One thread with blocks of its own, two of them, two processes of one: what the second adds. It has its own table.
needs=(g++:g++)
measures=wall

job() {
    local i steps
    export PTM_BENCH_WAIT=0  # nobody asks here what is held
    steps=$(pick 5000000 2500000)
    for i in 1 2 3; do
        run "$tools/threads_churn" "$steps" 1
        run "$tools/threads_churn" "$steps" 2
        run "$tools/threads_churn" "$steps" 1 &
        run "$tools/threads_churn" "$steps" 1
        wait $!
    done > sums
}

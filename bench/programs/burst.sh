# 64 threads make 690 MiB of small blocks together, free them and end.
needs=(g++:g++)
measures=wall

job() {
    run "$tools/burst" "$(pick 690 100)" 64 > sum
}

# Four threads with blocks of up to 8,000 bytes, some of which others free.
needs=(g++:g++)
measures=wall

job() {
    run "$tools/threads_medium" "$(pick 2000 200)" 4 > sum
}

# 64 KiB to 32 MiB, all pages written, some growing.
needs=(g++:g++)

job() {
    run "$tools/large_blocks" "$(pick 500 60)" > sum
}

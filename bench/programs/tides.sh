# A working set that grows and shrinks, with sizes that drift.
needs=(g++:g++)

job() {
    run "$tools/tides" "$(pick 24 2)" > sum
}

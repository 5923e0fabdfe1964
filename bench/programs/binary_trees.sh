# Trees that are built and freed.
needs=(g++:g++)

job() {
    run "$tools/binary_trees" "$(pick 600 60)" > sum
}

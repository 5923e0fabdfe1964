# Trees of small objects: read from text, changed, written, dropped.
needs=(g++:g++)

job() {
    run "$tools/json_trees" "$(pick 6000 600)" > sum
}

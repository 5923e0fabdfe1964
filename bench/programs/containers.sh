# new and delete through the standard containers.
needs=(g++:g++)

job() {
    run "$tools/containers" "$(pick 170 20)" > sum
}

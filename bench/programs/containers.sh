# new and delete through the standard containers.
needs=(g++:g++)

job() {
    run "$tools/containers" "$(pick 400 40)" > sum
}

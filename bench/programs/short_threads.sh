# Many threads that live shortly, two at a time.
needs=(g++:g++)
measures=wall

job() {
    run "$tools/short_threads" "$(pick 8000 800)" 2 > sum
}

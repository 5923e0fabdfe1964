// empty.cpp - a library to preload that does nothing, with thread-local state of the same kind as the libraries that
// replace malloc have: so that both sides of a comparison have a preload, and the loader does the same for both.
extern "C" {

[[gnu::visibility("default"), gnu::tls_model("initial-exec")]] thread_local void* equivalence_empty_state = nullptr;

[[gnu::visibility("default")]] void* equivalence_empty_touch() { return equivalence_empty_state; }
}

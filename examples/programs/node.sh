# JavaScript: the engine keeps its own heap; buffers, compression, hashing and the compiler use malloc and new.
needs=(node:nodejs)

job() {
    run node "$sources/node.js" "$(pick 12 2)" > answers
}

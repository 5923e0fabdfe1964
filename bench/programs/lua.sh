# Tables, strings, closures and coroutines: nearly every value is a block.
needs=(lua5.4:lua5.4)

job() {
    run lua5.4 "$examples/programs/lua.lua" "$(pick 2 1)" > answers
}

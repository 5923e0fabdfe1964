# Tables, strings, closures and coroutines under Lua's own garbage collector: nearly every value is a block.
needs=(lua5.4:lua5.4)

job() {
    run lua5.4 "$sources/lua.lua" "$(pick 7 2)" > answers
}
